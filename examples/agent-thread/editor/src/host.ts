// What Neovim starts: speaks msgpack-rpc with it on stdin and stdout, and Deltawire with the backend.
import { readFile } from "node:fs/promises";
import process from "node:process";
import { type Channel, connect, type Wire } from "@deltawire/client";
import { attach } from "neovim";
import type { Role } from "./buffer-entries.js";
import { readRecording } from "./recording.js";
import { type Editor, Thread } from "./thread.js";

const nvim = attach({ reader: process.stdin, writer: process.stdout });
const wires = new Map<string, Wire>();
const threads = new Map<Channel, Thread>();
/** The threads that buffers stream. */
const buffers = new Map<number, Thread>();
const run = `${Date.now().toString(36)}${Math.random().toString(36).slice(2, 6)}`;
let ids = 0;

const lua = (code: string, ...args: (string | number)[]): Promise<unknown> =>
  nvim.executeLua(`return require("deltawire").${code}(...)`, args);

const editor: Editor = {
  newId: () => `${run}-${++ids}`,
  prompt: (buffer, text) => lua("prompt", buffer, text),
  tell: (error) => {
    const message = error instanceof Error ? error.message : String(error);
    void lua("tell", message).catch(() => undefined);
  },
};

function threadOf(id: string, url: string): Thread {
  const channel = wireOf(url).channel(`thread/${id}`);
  const thread = threads.get(channel) ?? new Thread(channel, editor);
  threads.set(channel, thread);
  return thread;
}

function wireOf(url: string): Wire {
  const known = wires.get(url);
  if (known) return known;
  const { DELTAWIRE_TOKEN: token } = process.env;
  const wire = connect(url, { ...(token !== undefined && { token }) });
  wires.set(url, wire);
  wire.subscribe(() => {
    const { status } = wire;
    void lua("status", status.is).catch(() => undefined);
    if (status.is === "stopped") editor.tell(status.error);
  });
  return wire;
}

/** Where the user has given a command. */
interface Place {
  /** Of the buffer. */
  readonly name: string;
  readonly url: string;
  /** Milliseconds between two steps of a recording. */
  readonly step: number;
}

/** What lua/deltawire.lua tells of a buffer: a command of the user, or what happens in it. */
const told = {
  Thread(buffer: number, place: Place, id: string, url: string = place.url) {
    const thread = threadOf(id, url);
    buffers.get(buffer)?.detach();
    for (const [before, other] of buffers) if (other === thread) buffers.delete(before);
    buffers.set(buffer, thread);
    thread.attach(buffer, place.name);
  },
  Done(buffer: number) {
    const thread = buffers.get(buffer);
    if (!thread) throw new Error("this buffer streams no thread: :DeltawireThread {id}");
    thread.done();
  },
  async Replay(buffer: number, place: Place, file: string, id?: string, url: string = place.url) {
    const thread = id === undefined ? buffers.get(buffer) : threadOf(id, url);
    if (!thread) throw new Error("which thread? :DeltawireReplay {file} {id} [url]");
    const recording = readRecording(await readFile(file, "utf8"));
    await thread.replay(recording, place.step);
  },
  lines(buffer: number, first: number, last: number, lines: readonly string[]) {
    buffers.get(buffer)?.lines(first, last, lines);
  },
  section(buffer: number, role: Role) {
    buffers.get(buffer)?.section(role);
  },
  detach(buffer: number) {
    buffers.get(buffer)?.detach();
    buffers.delete(buffer);
  },
};

nvim.on("notification", async (name: keyof typeof told, args: [number]) => {
  const take: (...args: never) => unknown = told[name];
  try {
    await take(...(args as never)); // what it takes is what Lua gives
  } catch (error) {
    if (name === "lines") buffers.delete(args[0]); // one word about it is enough
    editor.tell(error);
  }
});

/** Sends what was written, if the server can be reached; waits for that, but not for ever. */
async function leave(): Promise<void> {
  const closed = Promise.all([...wires.values()].map((wire) => wire.close()));
  const patience = new Promise((over) => setTimeout(over, 2000));
  await Promise.race([closed.catch(() => undefined), patience]);
}

// Neovim is about to leave, and waits for the answer: what was typed is complete.
nvim.on("request", (_method, _args, response: { send(value: unknown): void }) => {
  for (const thread of threads.values()) thread.close();
  void leave().then(() => response.send(null));
});
// It is gone without a word: what was typed stays as it is, interrupted.
nvim.on("disconnect", () => void leave().then(() => process.exit()));
