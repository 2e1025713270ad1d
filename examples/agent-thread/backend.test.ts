import { once } from "node:events";
import { readFile } from "node:fs/promises";
import { type Channel, type ChannelState, connect, type Wire } from "@deltawire/client";
import { Pool } from "pg";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { WebSocket } from "ws";
import { realDatabase } from "../../tests/real/postgres.js";
import { type Backend, startBackend } from "./backend.js";
import { type Recording, readRecording } from "./editor/src/recording.js";
import { oldTurn } from "./old-editors/replay.js";
import { type OldEditors, serveOldEditors } from "./old-editors/server.js";
import { SearchIndex } from "./search-index.js";

const database = await realDatabase("the agent thread's backend");

describe.skipIf(!database)("agent threads, through PostgreSQL", () => {
  const { url = "" } = database ?? {};
  let pool: Pool;
  let backend: Backend;
  let old: OldEditors;
  const wires: Wire[] = [];
  const sockets: WebSocket[] = [];
  let threads = 0;
  /** A thread of no other test. */
  const newThread = (): string => `test-${process.pid}-${++threads}`;

  beforeAll(() => {
    pool = new Pool({ connectionString: url });
  });
  const start = async (): Promise<void> => {
    backend = await startBackend({ database: url });
    old = await serveOldEditors(backend.url, 0);
  };
  const stop = async (): Promise<void> => {
    await old.close();
    await backend.close();
  };
  beforeEach(start);
  afterEach(async () => {
    await Promise.all(wires.splice(0).map((wire) => wire.close()));
    for (const socket of sockets.splice(0)) socket.terminate();
    await stop();
  });
  afterAll(async () => {
    await pool.end();
    await database?.close();
  });

  const open = (): Wire => {
    const wire = connect(backend.url);
    wires.push(wire);
    return wire;
  };
  const read = (name: string): Channel => {
    const channel = open().channel(name);
    channel.subscribe(() => undefined);
    return channel;
  };
  /** The version of a channel that PostgreSQL has. */
  const saved = async (channel: string): Promise<number> => {
    const sql = "select seq from deltawire.channels where channel = $1";
    return Number((await pool.query(sql, [channel])).rows[0]?.seq);
  };
  /** An editor's end of the old protocol. */
  const oldEditor = async (): Promise<WebSocket> => {
    const socket = new WebSocket(old.url);
    sockets.push(socket);
    await once(socket, "open");
    return socket;
  };

  test("a turn in the old protocol is what a new editor's is", async () => {
    for (const file of ["flaky-test", "rate-limit"]) {
      const [byOld, byNew] = [newThread(), newThread()];
      const editor = await oldEditor();
      for (const said of oldTurn(await recordedOld(file), byOld)) editor.send(said);
      await newTurn(open().channel(`thread/${byNew}`), await recorded(file));
      const [one, other] = [byOld, byNew].map((id) => read(`thread/${id}`));
      await poll(() => one?.state.attributes.status).toBe("idle");
      await poll(() => other?.state.attributes.status).toBe("idle");
      await poll(() => view(one?.state)).toEqual(view(other?.state));
      expect(one?.state.messages.length).toBeGreaterThan(1);
      expect(one?.state.messages.every(({ status }) => status === "completed")).toBe(true);
    }
  });

  test("the list of threads says of each how it is called, and whether something is going on", async () => {
    const id = newThread();
    const list = read("threads");
    const row = () => list.state.message(id)?.attributes;
    const thread = open().channel(`thread/${id}`);
    thread.setAttributes({ title: "A title", status: "running" });
    const entry = thread.write("1").append("Hel");
    const page = read(thread.name);
    await poll(row).toMatchObject({ title: "A title", status: "running" });
    const begun = list.state.message(id);
    for (let token = 0; token < 100; token++) entry.append(" lo");
    await thread.flush();
    await poll(() => saved(thread.name)).toBe(page.state.seq);
    expect(page.state.messages[0]?.text).toMatch(/( lo){100}$/);
    expect(list.state.message(id)).toBe(begun); // it hears of no token
    thread.setAttributes({ title: "Another", status: "idle" });
    await entry.complete();
    await poll(row).toMatchObject({ title: "Another", status: "idle" });
    await stop();
    await start();
    const again = read("threads");
    await poll(() => again.state.message(id)?.attributes).toEqual(row());

    // What it was not told of before it ended, it learns when it begins.
    await backend.close();
    await pool.query("update deltawire.channels set attributes = $1 where channel = $2", [
      { title: "Missed", status: "running" },
      thread.name,
    ]);
    backend = await startBackend({ database: url });
    const later = read("threads");
    await poll(() => later.state.message(id)?.attributes).toMatchObject({ title: "Missed" });
  });

  test("entries are indexed once, when they have ended, and again when they were corrected", async () => {
    const id = newThread();
    const find = async (words: string): Promise<unknown> => {
      const answer = await fetch(`${backend.origin}/search?q=${encodeURIComponent(words)}`);
      return ((await answer.json()) as { thread: string }[]).filter(({ thread }) => thread === id);
    };
    const editor = await oldEditor();
    const say = (event_type: string, data: Readonly<Record<string, string>>): void =>
      editor.send(JSON.stringify({ event_type, data: { acp_thread_id: id, ...data } }));
    const added = (content: string): void =>
      say("message_added", { message_id: "1", role: "assistant", content });
    const completed = (): void => say("message_completed", { message_id: "0" });
    for (let i = 1; i < 50; i++) added("a token bucket \u0000 fits ".repeat(i));
    const page = read(`thread/${id}`);
    await poll(() => page.state.messages.length).toBe(1);
    expect(backend.index.indexed).toBe(0);
    completed();
    await poll(() => find("token fits")).toHaveLength(1);
    completed();
    added("a fixed window");
    await expect
      .poll(() => find("window"))
      .toEqual([{ thread: id, entry: "1", text: "a fixed window" }]);
    expect(await find("token")).toEqual([]);
    expect(backend.index).toMatchObject({ indexed: 2, repeated: 0 });
  });

  test("no path leads out of the page's folder, and a page is no old editor", async () => {
    for (const path of [
      "/nothing.js",
      "/..%2f..%2fbackend.ts",
      "/%2e%2e/%2e%2e/backend.ts",
      "/%",
    ]) {
      expect([path, (await fetch(`${backend.origin}${path}`)).status]).toEqual([path, 404]);
    }
    expect((await fetch(`${backend.origin}/search`)).status).toBe(200);
    const page = new WebSocket(old.url, { origin: backend.origin });
    const [refused] = await once(page, "error");
    expect(String(refused)).toContain("401");
  });

  test("L39: who is told twice of an end does it once, in whatever order", async () => {
    const thread = newThread();
    const index = new SearchIndex(pool);
    const ended = (generation: number) => ({
      message: { id: "1", generation, text: `generation ${generation}` },
      key: JSON.stringify([thread, "1", generation]),
    });
    for (const generation of [0, 0, 2, 1, 2]) {
      await index.add(thread, ended(generation));
    }
    expect(index).toMatchObject({ indexed: 2, repeated: 3 });
    const { rows } = await pool.query("select body from entry_search where thread = $1", [thread]);
    expect(rows).toEqual([{ body: "generation 2" }]);
  });

  test("a thread that was left is as it was, for a new backend", async () => {
    const id = newThread();
    const editor = await oldEditor();
    for (const said of oldTurn(await recordedOld("flaky-test"), id)) editor.send(said);
    const before = read(`thread/${id}`);
    await poll(() => before.state.messages.at(-1)?.isFinal).toBe(true);
    const seen = view(before.state);
    await stop();
    await start();
    const after = read(`thread/${id}`);
    await poll(() => view(after.state)).toEqual(seen);
    // An editor that states everything again changes nothing.
    const { seq } = after.state;
    const again = await oldEditor();
    for (const said of oldTurn(await recordedOld("flaky-test"), id)) again.send(said);
    again.close();
    await once(again, "close");
    await stop();
    expect(after.state.messages.map(({ generation }) => generation)).toEqual([0, 0, 0]);
    expect(after.state.seq).toBe(seq);
    backend = await startBackend({ database: url });
  });
});

/** Waits until something is so, also on a machine that is busy. */
const poll = <Value>(look: () => Value) => expect.poll(look, { timeout: 15_000 });

const textOf = (path: string): Promise<string> => readFile(new URL(path, import.meta.url), "utf8");

const recordedOld = (name: string) => textOf(`old-editors/recordings/${name}.jsonl`);

const recorded = async (name: string): Promise<Recording> =>
  readRecording(await textOf(`recordings/${name}.jsonl`));

/** What a page shows of a thread. */
const view = (state: ChannelState | undefined) =>
  state?.messages.map(({ role, kind, attributes, text, status }) => ({
    ...{ role, kind, attributes, text, status },
  }));

/** The same turn, as an editor writes it that is a producer itself. */
async function newTurn(thread: Channel, { prompt, steps }: Recording): Promise<void> {
  thread.setAttributes({ title: "A title", status: "running" });
  if (prompt)
    await thread.write("prompt", { role: "user", kind: "text" }).append(prompt).complete();
  for (const { entry, kind = "text", attributes, splice, append } of steps) {
    const ended = thread.state.message(entry)?.isFinal;
    const writer = thread.write(entry, { kind, ...(ended && { reopen: true }) });
    writer.setAttributes({ ...writer.message.attributes, ...attributes });
    if (splice) writer.splice(...splice);
    if (append !== undefined) writer.append(append);
  }
  for (const entry of new Set(steps.map((step) => step.entry)))
    await thread.write(entry).complete();
  thread.setAttributes({ title: "A title", status: "idle" });
  await thread.flush();
}
