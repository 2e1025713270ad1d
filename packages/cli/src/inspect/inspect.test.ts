import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { connect } from "@deltawire/client";
import { Recorder, readRecording } from "@deltawire/inspector";
import { createServer } from "@deltawire/server";
import { afterAll, beforeAll, expect, onTestFinished, test, vi } from "vitest";
import { WebSocket } from "ws";
import { StartError } from "../serve/start-error.js";
import { follow } from "./following.js";
import { type LiveSource, parseInspectOptions } from "./options.js";
import { InspectPage } from "./page.js";
import { totalsTable } from "./totals-table.js";

const TOKEN = "a-secret-of-the-server";
const server = createServer({
  authenticate: ({ token }) => (token === TOKEN ? { id: "inspector" } : undefined),
});
const folder = mkdtempSync(join(tmpdir(), "deltawire-inspect-"));
let source: LiveSource;

beforeAll(async () => {
  const { url } = await server.listen({ port: 0 });
  source = { url: new URL(url), channel: "thread-42", token: TOKEN };
  const message = server.channel("thread-42").write("turn-1");
  message.append("Hello");
  await message.complete();
});

afterAll(async () => {
  await server.close();
  rmSync(folder, { recursive: true });
});

/** A page, and what a browser that has opened its address sends along. */
async function openPage(): Promise<{ readonly base: string; readonly cookie: string }> {
  const page = await InspectPage.open({ source, port: 0, files: folder });
  onTestFinished(() => page.close());
  const opened = await fetch(page.url, { redirect: "manual" });
  expect(opened.status).toBe(303);
  const [cookie = ""] = (opened.headers.get("set-cookie") ?? "").split(";");
  return { base: `http://127.0.0.1:${page.port}`, cookie };
}

test("the page reaches the channel through the command, which adds the token", async () => {
  const { base, cookie } = await openPage();
  const session = await (await fetch(`${base}/session`, { headers: { cookie } })).text();
  expect(JSON.parse(session)).toEqual({ url: source.url.href, channel: "thread-42" });
  expect(session).not.toContain(TOKEN);

  const origin = base;
  class PageSocket extends WebSocket {
    constructor(url: string, protocols: string[]) {
      super(url, protocols, { headers: { cookie, origin } });
    }
  }
  // The handlers of `ws` are typed wider than the standard's.
  const wire = connect(`${base}/wire`, { WebSocket: PageSocket as never });
  onTestFinished(() => wire.close());
  const recorder = new Recorder(wire, { notify: () => undefined });
  const channel = wire.channel("thread-42");
  channel.subscribe(() => undefined);
  await vi.waitFor(() => expect(channel.state.message("turn-1")?.text).toBe("Hello"));
  expect(recorder.stateAt(recorder.end - 1, "thread-42")?.message("turn-1")?.text).toBe("Hello");

  const state = await fetch(`${base}/wire/channels/thread-42`, { headers: { cookie, origin } });
  expect(await state.text()).toContain("Hello");
  const events = await fetch(`${base}/wire/channels/thread-42/events`, { headers: { cookie } });
  const { value } = (await events.body?.getReader().read()) ?? {};
  expect(new TextDecoder().decode(value)).toContain("data:");
});

test("nobody else does: no key, another site's page, another name of the machine", async () => {
  const { base, cookie } = await openPage();
  const status = async (path: string, headers: Record<string, string> = {}) =>
    (await fetch(base + path, { headers, redirect: "manual" })).status;
  expect(await status("/session")).toBe(403);
  expect(await status("/wire/channels/thread-42")).toBe(403);
  expect(await status("/?key=wrong")).toBe(403);
  expect(await status("/session", { cookie: `${cookie}x` })).toBe(403);
  expect(await status("/session", { cookie, origin: "https://evil.test" })).toBe(403);
  expect(await status("/wire/channels/thread-42", { cookie, origin: "https://evil.test" })).toBe(
    403,
  );
  expect(await status("/session", { cookie })).toBe(200);
  expect(await status("//", { cookie })).toBe(404);
  for (const headers of [{}, { cookie, origin: "https://evil.test" }]) {
    const socket = new WebSocket(`${base.replace("http", "ws")}/wire`, { headers });
    const refused = await new Promise((done) => {
      socket.on("unexpected-response", (_, { statusCode }) => done(statusCode));
      socket.on("open", () => done("open"));
    });
    expect(refused).toBe(403);
  }
});

test.each(["websocket", "http"] as const)("a real session over %s", async (transport) => {
  const open = () => {
    const wire = connect(source.url.href, { token: TOKEN, transport, throttle: 0 });
    onTestFinished(() => wire.close());
    const recorder = new Recorder(wire, { notify: () => undefined });
    return { channel: wire.channel(`session-${transport}`), recorder };
  };
  const reader = open();
  const writer = open();
  const { name } = reader.channel;
  const shown = () => {
    const { recorder, channel } = reader;
    const state = recorder.stateAt(recorder.end - 1, name);
    expect([state?.epoch, state?.seq]).toEqual([channel.state.epoch, channel.state.seq]);
    expect(state?.message("turn")?.text).toBe(channel.state.message("turn")?.text);
  };
  let updates = 0;
  reader.channel.subscribe(() => {
    updates += 1;
    shown();
  });
  await vi.waitFor(() => expect(reader.channel.isLive).toBe(true));
  const message = writer.channel.write("turn", { role: "assistant" });
  for (let i = 0; i < 60; i++) {
    message.append(`word ${i} `);
    if (i % 10 === 0) message.json("tool").set({ name: "grep", count: i });
    await new Promise((next) => setImmediate(next));
  }
  await message.complete();
  await vi.waitFor(() => {
    expect(reader.channel.state.message("turn")?.status).toBe("completed");
  });
  shown();
  expect(updates).toBeGreaterThan(0);

  const rows = Array.from({ length: writer.recorder.end }, (_, row) => writer.recorder.row(row));
  const lastSent = rows.filter((row) => row?.kind === "changes").at(-1);
  const written = writer.recorder.stateAt(lastSent?.row ?? -1, name);
  expect(written?.message("turn")?.text).toBe(reader.channel.state.message("turn")?.text);
  for (const kind of ["producing", "ack"]) {
    const answers = rows.filter((row) => row?.kind === kind);
    expect(answers.length).toBeGreaterThan(0);
    expect(answers.every((row) => Number(row?.latency) >= 0)).toBe(true);
  }
  const { recorder } = reader;
  const reasons = new Set(
    Array.from({ length: recorder.end }, (_, row) => recorder.row(row)?.reason ?? "none"),
  );
  expect([...reasons].filter((reason) => /unknown|ignored|gap|mismatch/.test(reason))).toEqual([]);
  expect(reasons).toContain("joined");
  expect(reasons).toContain("live");
});

test("closing ends the page's WebSockets, too", async () => {
  const page = await InspectPage.open({ source, port: 0, files: folder });
  const opened = await fetch(page.url, { redirect: "manual" });
  const headers = { cookie: opened.headers.get("set-cookie") ?? "" };
  const url = `ws://127.0.0.1:${page.port}/wire`;
  const socket = new WebSocket(url, ["deltawire.v1.json"], { headers });
  await new Promise((open) => socket.on("open", open));
  const closed = new Promise((done) => socket.on("close", done));
  socket.on("error", () => undefined);
  await page.close();
  await closed;
});

test("a server that is not there is told as that", async () => {
  const page = await InspectPage.open({
    source: { ...source, url: new URL("ws://127.0.0.1:1/wire") },
    port: 0,
    files: folder,
  });
  onTestFinished(() => page.close());
  const opened = await fetch(page.url, { redirect: "manual" });
  const cookie = opened.headers.get("set-cookie") ?? "";
  const base = `http://127.0.0.1:${page.port}`;
  expect((await fetch(`${base}/wire/channels/c`, { headers: { cookie } })).status).toBe(502);
  const socket = new WebSocket(`${base.replace("http", "ws")}/wire`, { headers: { cookie } });
  const status = await new Promise((done) => {
    socket.on("unexpected-response", (_, { statusCode }) => done(statusCode));
  });
  expect(status).toBe(502);
});

test("records without a page, and the recording holds no token", async () => {
  const file = join(folder, "recording.jsonl");
  const stop = new AbortController();
  const following = follow(source, file, stop.signal);
  await vi.waitFor(() => expect(readFileSync(file, "utf8")).toContain('"snapshot"'));
  const next = server.channel("thread-42").write("turn-2");
  next.append("More of it");
  await next.complete();
  await vi.waitFor(() => expect(readFileSync(file, "utf8")).toContain("More of it"));
  stop.abort();
  const { recorder, events } = await following;

  const text = readFileSync(file, "utf8");
  expect(text).not.toContain(TOKEN);
  expect(text).not.toContain(Buffer.from(TOKEN).toString("base64").slice(0, 12));
  const recording = readRecording(text);
  expect(recording.events).toHaveLength(events);
  const again = new Recorder(recording, { notify: () => undefined });
  const state = again.stateAt(again.end - 1, "thread-42");
  expect(state?.messages.map((message) => message.text)).toEqual(["Hello", "More of it"]);
  expect(again.totals("thread-42")).toEqual(recorder.totals("thread-42"));
  expect(totalsTable(again)).toMatch(/^thread-42, received +\d+ +\d+ +\d+$/m);

  await expect(follow(source, file, stop.signal)).rejects.toThrow(/is there already/);
  const nowhere = follow(source, join(folder, "none", "a.jsonl"), stop.signal);
  await expect(nowhere).rejects.toThrow(StartError);
  const refused = follow({ ...source, token: "wrong" }, undefined, new AbortController().signal);
  await expect(refused).rejects.toThrow(/cannot follow thread-42/);
});

test("who follows without a page is told that there is no connection", async () => {
  const told = vi.spyOn(console, "error").mockImplementation(() => undefined);
  onTestFinished(() => told.mockRestore());
  const stop = new AbortController();
  const url = new URL("ws://127.0.0.1:1/wire");
  const following = follow({ url, channel: "c" }, undefined, stop.signal);
  await vi.waitFor(() => expect(told).toHaveBeenCalled(), 5000);
  stop.abort();
  await following;
  expect(told.mock.calls).toEqual([
    [expect.stringMatching(/^No connection to 127.0.0.1:1\/wire: /)],
  ]);
});

test("a recording is shown by its name and its text", async () => {
  const text = "any text";
  const page = await InspectPage.open({
    source: { name: "a.jsonl", text },
    port: 0,
    files: folder,
  });
  onTestFinished(() => page.close());
  const opened = await fetch(page.url, { redirect: "manual" });
  const headers = { cookie: opened.headers.get("set-cookie") ?? "" };
  const base = `http://127.0.0.1:${page.port}`;
  expect(await (await fetch(`${base}/session`, { headers })).json()).toEqual({
    recording: "a.jsonl",
  });
  expect(await (await fetch(`${base}/recording`, { headers })).text()).toBe(text);
  expect((await fetch(`${base}/wire/channels/c`, { headers })).status).toBe(404);
});

const environment = { WIRE_TOKEN: TOKEN, EMPTY: "" };
const url = "wss://api.example.com/wire";

test("options", () => {
  const parse = (...args: string[]) => parseInspectOptions(args, environment);
  const live = { url: new URL(url), channel: "c" };
  expect(parse(url, "c")).toEqual({ source: live, text: false, port: 4690 });
  expect(parse("a.jsonl", "--port", "0")).toEqual({ source: "a.jsonl", text: false, port: 0 });
  expect(parse("a.jsonl", "--text")).toEqual({ source: "a.jsonl", text: true });
  expect(parse(url, "c", "--token-env", "WIRE_TOKEN", "--last", "5", "--record", "f")).toEqual({
    source: { ...live, token: TOKEN, last: 5 },
    text: false,
    record: "f",
  });
  expect(parse("--help")).toBe("help");
});

test.each([
  [[], /give a URL and a channel/],
  [[url], /name the channel/],
  [["c", "d"], /is no URL/],
  [[url, "c", "d"], /give a URL and a channel/],
  [[url, ""], /a channel's name has 1 to 256 characters/],
  [[url, "c".repeat(257)], /a channel's name has 1 to 256 characters/],
  [["wss://user:secret@host/wire", "c"], /use --token-env/],
  [[url, "c", "--token-env", "NONE"], /has no NONE/],
  [[url, "c", "--token-env", "EMPTY"], /has no EMPTY/],
  [[url, "c", "--last", "0"], /--last 0/],
  [[url, "c", "--port", "70000"], /--port 70000/],
  [[url, "c", "--text", "--port", "1"], /leave it out/],
  [["a.jsonl", "--record", "b.jsonl"], /--record is for a channel/],
  [["a.jsonl", "--token-env", "WIRE_TOKEN"], /--token-env is for a channel/],
  [[url, "c", "--token", "x"], /--token/],
])("%j cannot be used", (args, message) => {
  expect(() => parseInspectOptions(args, environment)).toThrow(message);
});

test("a file that is no recording is told by its line", () => {
  writeFileSync(join(folder, "bad.jsonl"), '{"recording":"deltawire","version":1,"gone":{}}\n');
  expect(() => readRecording(readFileSync(join(folder, "bad.jsonl"), "utf8"))).toThrow(
    /line 1: gone\/rows is no number/,
  );
});
