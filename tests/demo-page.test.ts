import { type Channel, connect, type Message, type Wire } from "@deltawire/client";
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from "vitest";
import type { TurnCopy } from "../packages/cli/src/page/report.js";
import { alive, DemoProcess, QUICK } from "./demo-process.js";

// The live page's server, with everything behind it, as `npm run demo` starts it.

const wires: Wire[] = [];
afterEach(() => Promise.all(wires.splice(0).map((wire) => wire.close())));

const until = <T>(check: () => T | Promise<T>): Promise<T> =>
  vi.waitFor(check, { timeout: 20_000, interval: 20 });

let demo: DemoProcess;

/** The demo's channel, as a viewer of a name follows it. */
function follow(name: string, transport: "websocket" | "http" = "websocket"): Channel {
  const wire = connect(demo.wire(name), { transport });
  wires.push(wire);
  const channel = wire.channel("demo");
  channel.subscribe(() => undefined);
  return channel;
}

async function play(rate: number): Promise<string> {
  const response = await demo.post("control/turn", { rate });
  expect(response.status).toBe(200);
  const { message }: { readonly message: string } = await response.json();
  return message;
}

const tell = async (path: string, network: string): Promise<void> => {
  expect((await demo.post(path, { network })).status).toBe(200);
};

const contentOf = (message: Message | undefined): unknown[] =>
  (message?.parts ?? []).map((part) => [
    part.id,
    part.kind === "json" ? part.value : part.kind === "text" && part.text,
  ]);

/** What the editor has written, by its own account. */
async function copy(): Promise<TurnCopy> {
  const response = await fetch(`${demo.url}control/turn`);
  expect(response.status).toBe(200);
  return await response.json();
}

/** Waits until a viewer holds a message that has ended, and compares it with the editor's copy. */
async function expectEqual(channel: Channel, message: string): Promise<void> {
  await until(() => expect(channel.state.message(message)?.isFinal).toBe(true));
  const held = channel.state.message(message);
  await until(async () => expect((await copy()).status).toBe(held?.status));
  expect(contentOf(held)).toEqual((await copy()).parts);
}

const lineOf = async (name: string) => {
  const line = (await demo.report()).viewers.find((viewer) => viewer.name === name);
  if (!line) throw new Error(`no viewer ${name}`);
  return line;
};

const childPid = (role: string): number => {
  const found = demo.processes().find(({ command }) => command.includes(`demo:${role}`));
  if (!found) throw new Error(`no process of ${role}`);
  return found.pid;
};

describe("the page", () => {
  beforeAll(async () => {
    demo = await DemoProcess.start(...QUICK);
    await demo.said("until Ctrl-C");
  });
  afterAll(() => demo.end());
  afterEach(() => tell("control/network", "live"));

  test("its address comes first, then the table, then that it stays", () => {
    expect(demo.output).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/\n/);
    const table = demo.output.indexOf("Every digest equals the editor's.");
    expect(table).toBeGreaterThan(0);
    expect(demo.output.indexOf(`The page stays at ${demo.url} until Ctrl-C.`)).toBeGreaterThan(
      table,
    );
  });

  test("a turn is followed over WebSocket and over HTTP, and metered", async () => {
    const before = await demo.report();
    const socket = follow("socket");
    const http = follow("http", "http");
    await until(() => expect([socket.isLive, http.isLive]).toEqual([true, true]));
    const message = await play(1500);
    const again = await demo.post("control/turn", { rate: 100 });
    expect([again.status, await again.json()]).toMatchObject([
      409,
      { error: { code: "turn_running" } },
    ]);
    await expectEqual(socket, message);
    await expectEqual(http, message);
    const { turn, editor, viewers } = await demo.report();
    expect(turn).toMatchObject({ message, status: "completed", rate: 1500 });
    expect(turn?.steps).toBe(turn?.of);
    const raw = turn?.rawBytes ?? 0;
    expect(turn?.naiveBytes).toBeGreaterThan(100 * raw);
    expect(editor.up - before.editor.up).toBeGreaterThan(raw);
    expect(viewers.map(({ name }) => name)).toEqual(["socket", "http"]);
    for (const viewer of viewers) {
      expect(viewer.down).toBeGreaterThan(raw);
      expect(viewer.down).toBeLessThan(4 * raw);
      expect(viewer.frames).toBeGreaterThan(3);
      expect(viewer.joinBytes).toBeGreaterThan(0);
      expect(viewer.joinBytes).toBeLessThan(viewer.down);
    }
  });

  test("a new turn takes the place of the former one", async () => {
    const viewer = follow("second");
    const first = await play(100_000);
    await expectEqual(viewer, first);
    const second = await play(100_000);
    await expectEqual(viewer, second);
    expect(viewer.state.messages.map(({ id }) => id)).toEqual([second]);
  });

  test("stop reaches the editor, which ends the turn where it is", async () => {
    const viewer = follow("stopper");
    const message = await play(100);
    await until(() => expect(viewer.state.message(message)?.parts.length).toBeGreaterThan(0));
    const answer = await viewer.command("stop", undefined, { message });
    expect(answer).toEqual({ steps: expect.any(Number) });
    await expectEqual(viewer, message);
    const { turn } = await demo.report();
    expect(turn).toMatchObject({ status: "cancelled", ...Object(answer) });
    expect(turn?.steps).toBeLessThan(turn?.of ?? 0);
  });

  test("a stalled viewer gets nothing and stays connected; then it lacks nothing", async () => {
    const [stalled, other] = [follow("stalled"), follow("other")];
    await until(() => expect([stalled.isLive, other.isLive]).toEqual([true, true]));
    await tell("control/viewers/stalled", "stalled");
    const before = await lineOf("stalled");
    const message = await play(3000);
    await expectEqual(other, message);
    expect(await lineOf("stalled")).toEqual({
      ...before,
      up: expect.any(Number),
      network: "stalled",
    });
    expect(before.open).toBe(1);
    await tell("control/viewers/stalled", "live");
    await expectEqual(stalled, message);
  });

  test("a slow viewer gets 2,000 bytes a second, others what they take", async () => {
    const [slow, other] = [follow("slow"), follow("quick")];
    await until(() => expect([slow.isLive, other.isLive]).toEqual([true, true]));
    await tell("control/viewers/slow", "slow");
    const startedAt = performance.now();
    const { down } = await lineOf("slow");
    const message = await play(100_000);
    await expectEqual(other, message);
    await until(async () => expect((await lineOf("slow")).down - down).toBeGreaterThan(1000));
    const passed = (await lineOf("slow")).down - down;
    const seconds = (performance.now() - startedAt) / 1000;
    expect(passed).toBeLessThanOrEqual(400 + 2000 * seconds);
    await tell("control/viewers/slow", "live");
    await expectEqual(slow, message);
  });

  test("a viewer that is cut off has no connection, and gets what it missed later", async () => {
    const [cut, other] = [follow("cut"), follow("uncut")];
    await until(() => expect([cut.isLive, other.isLive]).toEqual([true, true]));
    await tell("control/viewers/cut", "cut");
    await until(() => expect(cut.status.is).toBe("stale"));
    const message = await play(100_000);
    await expectEqual(other, message);
    expect(await lineOf("cut")).toMatchObject({ open: 0, network: "cut" });
    expect(cut.state.message(message)).toBeUndefined();
    await tell("control/viewers/cut", "live");
    await expectEqual(cut, message);
  });

  test("everybody is cut off: the editor writes on, and it comes through afterwards", async () => {
    const viewer = follow("everybody");
    await until(() => expect(viewer.isLive).toBe(true));
    await tell("control/network", "cut");
    const message = await play(3000);
    await until(async () => {
      const { turn, editor, visitor, network } = await demo.report();
      expect([editor.open, visitor.open, network, turn?.message]).toEqual([0, 0, "cut", message]);
      expect(turn?.steps).toBe(turn?.of);
    });
    expect(viewer.state.message(message)).toBeUndefined();
    await tell("control/network", "live");
    await expectEqual(viewer, message);
  });

  test("the server is killed in the midst of a turn: nothing is lost", async () => {
    const viewer = follow("restarted");
    const http = follow("restarted-http", "http");
    const before = childPid("page-server");
    const { server } = await demo.report();
    const visitor = connect(`${demo.url.replace("http", "ws")}wire`);
    await visitor.channel("demo").write("note", { role: "user" }).append("Kept.").complete();
    await visitor.close(); // nobody is there to write it again
    const message = await play(600);
    await until(() => expect(viewer.state.message(message)?.parts.length).toBeGreaterThan(0));
    const answers = await Promise.all([1, 2].map(() => demo.post("control/restart", "")));
    expect(answers.map(({ status }) => status)).toEqual([200, 200]);
    expect((await demo.report()).server).toEqual({ is: "up", restarts: server.restarts + 1 });
    expect(alive([{ pid: before }])).toEqual([]);
    await expectEqual(viewer, message);
    await expectEqual(http, message);
    const late = follow("late");
    await until(() => expect(late.state.message("note")?.text).toBe("Kept."));
  });

  test("a server that dies by itself comes back", async () => {
    const { server } = await demo.report();
    process.kill(childPid("page-server"), "SIGKILL");
    const back = { is: "up", restarts: server.restarts + 1 };
    await until(async () => expect((await demo.report()).server).toEqual(back));
    const viewer = follow("after");
    await expectEqual(viewer, await play(100_000));
  });

  test("an editor that dies has failed its turn, and the next turn is written", async () => {
    await play(50);
    process.kill(childPid("page-editor"), "SIGKILL");
    await until(async () => expect((await demo.report()).turn?.status).toBe("failed"));
    const viewer = follow("after-editor");
    await expectEqual(viewer, await play(100_000));
  });

  test.each([
    ["control/nothing", "POST", "{}", 404, "not_found"],
    ["control/network", "GET", undefined, 405, "wrong_method"],
    ["control/network", "POST", "{", 400, "bad_body"],
    ["control/network", "POST", "[]", 400, "bad_body"],
    ["control/network", "POST", '{"network":"fast"}', 400, "bad_network"],
    ["control/network", "POST", "", 400, "bad_network"],
    ["control/network", "POST", `{"network":"${"x".repeat(2000)}"}`, 413, "too_large"],
    ["control/viewers/a", "POST", '{"network":["cut"]}', 400, "bad_network"],
    ["control/viewers/A.b", "POST", '{"network":"cut"}', 400, "bad_name"],
    ["control/viewers/", "POST", '{"network":"cut"}', 400, "bad_name"],
    [`control/viewers/${"x".repeat(41)}`, "POST", '{"network":"cut"}', 400, "bad_name"],
    ["control/turn", "POST", '{"rate":0}', 400, "bad_rate"],
    ["control/turn", "POST", '{"rate":"9"}', 400, "bad_rate"],
    ["control/turn", "DELETE", undefined, 405, "wrong_method"],
    ["viewers/A.b/wire", "GET", undefined, 400, "bad_name"],
    ["viewers/a/other", "GET", undefined, 404, "not_found"],
    ["constructor", "GET", undefined, 404, "not_found"],
  ])("%s %s %.20s is refused: %i %s", async (path, method, body, status, code) => {
    const headers = { "content-type": "application/json" };
    const response = await fetch(demo.url + path, {
      method,
      headers,
      ...(body !== undefined && { body }),
    });
    expect(response.status).toBe(status);
    const message = expect.stringMatching(/\S/);
    expect(await response.json()).toEqual({ error: { code, message } });
  });

  test("what is no JSON by its type is refused: a form elsewhere could send it", async () => {
    const response = await demo.post(
      "control/network",
      { network: "cut" },
      { "content-type": "text/plain" },
    );
    expect(response.status).toBe(415);
  });

  test("a page elsewhere can neither control it nor connect", async () => {
    const origin = "http://evil.example";
    const { server } = await demo.report();
    for (const [path, method] of [
      ["control/restart", "POST"],
      ["control/events", "GET"],
      ["control/turn", "GET"],
      ["wire/channels/demo", "GET"],
      ["viewers/a/wire/channels/demo", "GET"],
    ] as const) {
      const response = await fetch(demo.url + path, { method, headers: { origin } });
      expect([path, response.status]).toEqual([path, 403]);
      expect(response.headers.get("access-control-allow-origin")).toBeNull();
    }
    for (const path of ["/wire", "/viewers/a/wire", "/control/events"]) {
      expect(await demo.upgrade(path, { Origin: origin })).toMatch(/^HTTP\/1\.1 40[34] /);
    }
    expect(await demo.upgrade("/wire", { Host: "evil.example" })).toMatch(/^HTTP\/1\.1 403 /);
    expect(await demo.upgrade("/wire", {})).toMatch(/^HTTP\/1\.1 101 /);
    expect((await demo.report()).server).toEqual(server);
  });
});
