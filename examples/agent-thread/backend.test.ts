import { readFile } from "node:fs/promises";
import { type Channel, type ChannelState, connect, type Wire } from "@deltawire/client";
import { Pool } from "pg";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { WebSocket } from "ws";
import { realDatabase } from "../../tests/real/postgres.js";
import { type Backend, startBackend } from "./backend.js";
import { type Recording, readRecording } from "./editor/src/recording.js";
import { type OldMessage, oldTurn } from "./old-replay.js";

const database = await realDatabase("the agent thread's backend");

describe.skipIf(!database)("agent threads, through PostgreSQL", () => {
  const { url = "" } = database ?? {};
  let pool: Pool;
  let backend: Backend;
  const wires: Wire[] = [];
  const sockets: WebSocket[] = [];
  let threads = 0;
  /** A thread of no other test. */
  const newThread = (): string => `test-${process.pid}-${++threads}`;

  beforeAll(() => {
    pool = new Pool({ connectionString: url });
  });
  beforeEach(async () => {
    backend = await startBackend({ database: url });
  });
  afterEach(async () => {
    await Promise.all(wires.splice(0).map((wire) => wire.close()));
    for (const socket of sockets.splice(0)) socket.terminate();
    await backend.close();
  });
  afterAll(async () => {
    await pool.end();
    await database?.close();
  });

  const open = (): Wire => {
    const wire = connect(backend.wire);
    wires.push(wire);
    return wire;
  };
  const read = (name: string): Channel => {
    const channel = open().channel(name);
    channel.subscribe(() => undefined);
    return channel;
  };
  const oldEditor = async (): Promise<OldEditor> => {
    const editor = await OldEditor.open(backend.old);
    sockets.push(editor.socket);
    return editor;
  };

  test("a turn in the old protocol is what a new editor's is", async () => {
    for (const file of ["flaky-test", "rate-limit"]) {
      const recording = await recorded(file);
      const [old, new_] = [newThread(), newThread()];
      const editor = await oldEditor();
      for (const said of oldTurn(recording, old)) editor.say(said);
      await newTurn(open().channel(`thread/${new_}`), recording);
      const [one, other] = [old, new_].map((id) => read(`thread/${id}`));
      await expect.poll(() => one?.state.attributes.status).toBe("idle");
      await expect.poll(() => other?.state.attributes.status).toBe("idle");
      await expect.poll(() => view(one?.state)).toEqual(view(other?.state));
      expect(one?.state.messages.length).toBeGreaterThan(1);
      expect(one?.state.messages.every(({ status }) => status === "completed")).toBe(true);
    }
  });
});

/** An editor's end of the old protocol. */
class OldEditor {
  readonly socket: WebSocket;
  readonly prompts: Readonly<Record<string, string>>[] = [];

  private constructor(socket: WebSocket) {
    this.socket = socket;
    socket.on("message", (raw) => {
      const { type, data } = JSON.parse(String(raw));
      if (type === "chat_message") this.prompts.push(data);
    });
  }

  static async open(url: string): Promise<OldEditor> {
    const socket = new WebSocket(url);
    await new Promise((opened, failed) => socket.once("open", opened).once("error", failed));
    return new OldEditor(socket);
  }

  say(said: OldMessage): void {
    this.socket.send(JSON.stringify(said));
  }
}

const recorded = async (name: string): Promise<Recording> =>
  readRecording(await readFile(new URL(`recordings/${name}.jsonl`, import.meta.url), "utf8"));

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
  for (const { entry, type, set, splice, append, tool_name, tool_status } of steps) {
    const ended = thread.state.message(entry)?.isFinal;
    const writer = thread.write(entry, { kind: type ?? "text", ...(ended && { reopen: true }) });
    const { attributes } = writer.message;
    writer.setAttributes({
      ...attributes,
      ...(tool_name !== undefined && { tool_name }),
      ...(tool_status !== undefined && { tool_status }),
    });
    if (set !== undefined) writer.set(set);
    if (splice) writer.splice(...splice);
    if (append !== undefined) writer.append(append);
  }
  for (const entry of new Set(steps.map((step) => step.entry)))
    await thread.write(entry).complete();
  thread.setAttributes({ title: "A title", status: "idle" });
  await thread.flush();
}
