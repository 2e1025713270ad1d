import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { type Channel, connect, type Wire } from "@deltawire/client";
import { level } from "@deltawire/level";
import { afterEach, beforeEach, expect, test } from "vitest";

// A server that keeps its data in a folder is killed, and starts again on it.

const ROLE = fileURLToPath(new URL("./level-server.ts", import.meta.url));
const TSCONFIG = fileURLToPath(new URL("../tsconfig.json", import.meta.url));
const SEED = Number(process.env.DELTAWIRE_SEED ?? 1);
const KILLS = 10;
const WORDS_A_TURN = 60;

let folder = "";
let server: ChildProcess | undefined;
const wires: Wire[] = [];
/** What the servers' hooks were told, by channel and message. */
const hooked = new Map<string, string[]>();

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "deltawire-level-restart-"));
  hooked.clear();
});

afterEach(async () => {
  server?.kill("SIGKILL");
  await Promise.all(wires.splice(0).map((wire) => wire.close()));
  await rm(folder, { recursive: true });
});

/** Starts a server on the folder. @returns its address */
async function serve(port: number): Promise<string> {
  const env = { ...process.env, TSX_TSCONFIG_PATH: TSCONFIG };
  const child = fork(ROLE, [String(port), folder], { execArgv: ["--import", "tsx"], env });
  server = child;
  const url = await new Promise<string>((started, failed) => {
    child.on("message", (said: { url?: string; completed?: string; text?: string }) => {
      if (said.url !== undefined) started(said.url);
      if (said.completed === undefined) return;
      hooked.set(said.completed, [...(hooked.get(said.completed) ?? []), said.text ?? ""]);
    });
    child.once("exit", () => failed(new Error("the server's process ended")));
  });
  return url;
}

async function end(signal: "SIGKILL" | "SIGTERM"): Promise<void> {
  const child = server;
  if (!child) return;
  const ended = once(child, "exit");
  child.kill(signal);
  await ended;
}

function open(url: string): Wire {
  const wire = connect(url, { throttle: 5 });
  wires.push(wire);
  return wire;
}

const pause = (ms: number): Promise<void> => new Promise((later) => setTimeout(later, ms));
const patient = { timeout: 30_000, interval: 20 };

/** Numbers from 0 to 1 that a seed names (mulberry32). */
function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Writes turn after turn, until it is told to end. @returns each turn's text, by its id */
async function produce(url: string, name: string, isOver: () => boolean) {
  const thread = open(url).channel("thread");
  const texts = new Map<string, string>();
  for (let turn = 0; !isOver() || turn === 0; turn++) {
    const id = `${name}-${turn}`;
    const reply = thread.write(id);
    for (let i = 0; i < WORDS_A_TURN; i++) {
      const word = `${id} word ${i} 😀 `;
      reply.append(word);
      texts.set(id, (texts.get(id) ?? "") + word);
      await pause(4);
    }
    await reply.complete();
  }
  return texts;
}

/** Reads, and notes what must not be: another epoch, a version that goes back, a text that shrinks. */
function consume(url: string) {
  const thread = open(url).channel("thread");
  const epochs = new Set<string>();
  const resets: string[] = [];
  const wrong: string[] = [];
  let { seq } = thread.state;
  const lengths = new Map<string, number>();
  thread.subscribe(() => {
    const { state } = thread;
    if (state.messages.length > 0) epochs.add(state.epoch);
    if (state.seq < seq) wrong.push(`version ${state.seq} after ${seq}`);
    seq = state.seq;
    for (const { id, text } of state.messages) {
      if (text.length < (lengths.get(id) ?? 0)) wrong.push(`${id} shrinks`);
      lengths.set(id, text.length);
    }
  });
  const done = (async () => {
    for await (const event of thread.changes()) {
      if (event.type === "reset") resets.push(event.reason);
    }
  })();
  return { thread, epochs, resets, wrong, done };
}

const textsOf = (thread: Channel): Map<string, string> =>
  new Map(thread.state.messages.map(({ id, text }) => [id, text]));

test("L39: a server is killed again and again, and goes on: same epoch, nothing lost, nothing twice", {
  timeout: 180_000,
}, async () => {
  const random = seeded(SEED);
  const url = await serve(0);
  const port = Number(new URL(url).port);
  const consumers = [consume(url), consume(url)];
  let isOver = false;
  const producers = ["ann", "bob"].map((name) => produce(url, name, () => isOver));
  for (let kill = 0; kill < KILLS; kill++) {
    const { thread } = consumers[0] as (typeof consumers)[number];
    const before = thread.state.seq;
    await expect.poll(() => thread.state.seq, patient).toBeGreaterThan(before + 2);
    await pause(random() * 400);
    await end("SIGKILL");
    await pause(random() * 300);
    await serve(port);
    // Who is cut off again and again waits ever longer: that is not the subject here.
    for (const wire of wires) wire.retry();
  }
  isOver = true;
  const written = new Map((await Promise.all(producers)).flatMap((texts) => [...texts]));
  const late = consume(url);
  for (const { thread, epochs, resets, wrong } of [...consumers, late]) {
    await expect.poll(() => textsOf(thread), patient).toEqual(written);
    expect(thread.state.messages.map(({ status }) => status)).toEqual(
      thread.state.messages.map(() => "completed"),
    );
    expect([...epochs.add(thread.state.epoch)], `seed ${SEED}`).toHaveLength(1);
    await expect.poll(() => resets, patient).toEqual(["initial"]);
    expect(wrong).toEqual([]);
  }
  // At least once each, with the text as it was completed.
  await expect.poll(() => hooked.size, patient).toBe(written.size);
  for (const [id, text] of written)
    expect(new Set(hooked.get(`thread/${id}`))).toEqual(new Set([text]));
  await end("SIGTERM");
  await Promise.all(wires.splice(0).map((wire) => wire.close()));
  await Promise.all([...consumers, late].map(({ done }) => done));
  const { store, close } = level(folder);
  const stored = await store.load("thread");
  await close();
  expect(stored?.epoch).toBe([...late.epochs][0]);
  const inStore = stored?.messages.map(({ message: { id, status, parts } }) => {
    return [
      id,
      { status, text: parts.map((part) => (part.kind === "text" ? part.text : "")).join("") },
    ];
  });
  expect(Object.fromEntries(inStore ?? [])).toEqual(
    Object.fromEntries([...written].map(([id, text]) => [id, { status: "completed", text }])),
  );
});
