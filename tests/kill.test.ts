import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { type Channel, connect, type Wire } from "@deltawire/client";
import { afterEach, expect, test } from "vitest";
import { FaultyProxy } from "./faulty-proxy.js";

// What dies, dies without a word: SIGKILL, and a network that swallows everything.

const ROLE = fileURLToPath(new URL("./kill-role.ts", import.meta.url));
const TSCONFIG = fileURLToPath(new URL("../tsconfig.json", import.meta.url));
const children: ChildProcess[] = [];
const wires: Wire[] = [];
let proxy: FaultyProxy | undefined;

afterEach(async () => {
  await Promise.all(wires.splice(0).map((wire) => wire.close()));
  for (const child of children.splice(0)) child.kill("SIGKILL");
  await proxy?.close();
  proxy = undefined;
});

function start(...args: string[]): ChildProcess {
  // From source, like everything here.
  const env = { ...process.env, TSX_TSCONFIG_PATH: TSCONFIG };
  const child = fork(ROLE, args, { execArgv: ["--import", "tsx"], env });
  children.push(child);
  return child;
}

async function serve(
  port = 0,
  lost = 60_000,
): Promise<{ server: ChildProcess; url: string; port: number }> {
  const server = start("serve", String(port), String(lost));
  const [said] = await Promise.race([once(server, "message"), once(server, "exit")]);
  const { url } = said ?? expect.fail("the server's process ended early");
  return { server, url, port: Number(new URL(url).port) };
}

async function kill(child: ChildProcess): Promise<void> {
  child.kill("SIGKILL");
  if (child.exitCode === null && child.signalCode === null) await once(child, "exit");
}

function open(url: string): Wire {
  const wire = connect(url, { throttle: 5 });
  wires.push(wire);
  return wire;
}

const textOf = (channel: Channel): string => channel.state.messages[0]?.text ?? "";

/** A reader that notices when its view goes from something to nothing. */
function read(url: string): { channel: Channel; blanks: () => number; statuses: string[] } {
  const channel = open(url).channel("thread");
  const statuses: string[] = [];
  let shown = "";
  let blanks = 0;
  channel.subscribe(() => {
    const text = textOf(channel);
    if (shown !== "" && text === "") blanks += 1;
    shown = text;
    const status = channel.state.messages[0]?.status;
    if (status && status !== statuses.at(-1)) statuses.push(status);
  });
  return { channel, blanks: () => blanks, statuses };
}

const pause = (ms: number): Promise<void> => new Promise((later) => setTimeout(later, ms));
const patient = { timeout: 15_000, interval: 20 };
const words = (last: number): string =>
  Array.from({ length: last + 1 }, (_, i) => `word ${i} `).join("");

test("a server is killed and starts again with nothing: writers and readers end equal", {
  timeout: 60_000,
}, async () => {
  const { server, url, port } = await serve();
  const readers = [read(url), read(url)];
  const events: string[] = [];
  const feed = (async () => {
    for await (const event of open(url).channel("thread").changes()) {
      if (event.type === "reset") events.push(event.reason);
    }
  })();
  const reply = open(url).channel("thread").write("turn-1");
  let text = "";
  const write = (piece: string) => {
    reply.append(piece);
    text += piece;
  };
  for (let i = 0; i < 50; i++) {
    write(`before ${i} `);
    await pause(2);
  }
  await expect.poll(() => textOf(readers[0]?.channel as Channel), patient).toBe(text);
  await kill(server);
  for (let i = 0; i < 50; i++) {
    write(`between ${i} `);
    await pause(2);
  }
  expect(readers.map(({ channel }) => channel.isLive)).toEqual([false, false]);
  expect(textOf(readers[0]?.channel as Channel)).toContain("before 49 ");
  await serve(port);
  write("after");
  await reply.complete();
  for (const { channel, blanks } of readers) {
    await expect.poll(() => channel.state.messages[0]?.status, patient).toBe("completed");
    expect(textOf(channel)).toBe(text);
    expect(blanks()).toBe(0);
  }
  await expect.poll(() => events, patient).toContain("history_lost");
  await Promise.all(wires.splice(0).map((wire) => wire.close()));
  await feed;
});

test("an editor is killed: its message is interrupted, and fails when it stays away", {
  timeout: 60_000,
}, async () => {
  const { url } = await serve(0, 1500);
  const { channel, statuses } = read(url);
  const editor = start("edit", url, "0", "100000");
  await expect.poll(() => textOf(channel).length, patient).toBeGreaterThan(100);
  await kill(editor);
  await expect.poll(() => statuses, patient).toEqual(["streaming", "interrupted", "failed"]);
  expect(channel.state.messages[0]?.error?.code).toBe("producer_lost");
  expect(words(100_000).startsWith(textOf(channel))).toBe(true);
});

test("an editor is killed and starts again: it goes on, and costs what is new", {
  timeout: 60_000,
}, async () => {
  const { url, port } = await serve();
  let down = 0;
  proxy = await FaultyProxy.start(
    () => port,
    () => ({ is: "none" }),
    (bytes) => {
      down += bytes;
    },
  );
  const { channel, blanks } = read(`ws://127.0.0.1:${proxy.port}/wire`);
  const editor = start("edit", url, "0", "100000");
  await expect.poll(() => textOf(channel).length, patient).toBeGreaterThan(20_000);
  await kill(editor);
  const before = down;
  const length = textOf(channel).length;
  const there = textOf(channel).trimEnd().split("word ").length; // one more than had arrived
  const last = there + 200;
  const ended = once(start("edit", url, String(there), String(last)), "exit");
  await expect.poll(() => channel.state.messages[0]?.status, patient).toBe("completed");
  expect(textOf(channel)).toBe(words(last));
  expect(blanks()).toBe(0);
  // What it has said again is not sent again.
  expect(down - before).toBeLessThan(2 * (words(last).length - length) + 4000);
  await ended;
});

test("a network that swallows everything: what is shown stays, and is said to be old", {
  timeout: 60_000,
}, async () => {
  const { url, port } = await serve();
  let isSilent = false;
  proxy = await FaultyProxy.start(
    () => port,
    () => (isSilent ? { is: "silence", after: 0 } : { is: "none" }),
  );
  const reply = open(url).channel("thread").write("turn-1");
  reply.append("Hello");
  const { channel, blanks } = read(`ws://127.0.0.1:${proxy.port}/wire`);
  await expect.poll(() => textOf(channel), patient).toBe("Hello");
  isSilent = true;
  proxy.silence();
  reply.append(" world");
  await reply.complete();
  await expect.poll(() => channel.status.is, patient).toBe("stale");
  expect(textOf(channel)).toBe("Hello");
  isSilent = false;
  await expect.poll(() => textOf(channel), patient).toBe("Hello world");
  expect(channel.status.is).toBe("live");
  expect(blanks()).toBe(0);
});
