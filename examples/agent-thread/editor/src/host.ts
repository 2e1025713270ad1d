// What Neovim starts: speaks msgpack-rpc with it on stdin and stdout, and Deltawire with the backend.
import { readFile } from "node:fs/promises";
import process from "node:process";
import { connect, type Wire } from "@deltawire/client";
import { attach } from "neovim";
import { type Editor, Thread } from "./thread.js";

const nvim = attach({ reader: process.stdin, writer: process.stdout });
const prefix = `${Date.now().toString(36)}${Math.random().toString(36).slice(2, 6)}`;
const wires = new Map<string, Wire>();
const threads = new Map<string, Thread>();
const buffers = new Map<number, Thread>();

const lua = (code: string, ...args: (string | number)[]): Promise<unknown> =>
  nvim.executeLua(`return require("deltawire").${code}`, args);

const editor: Editor = {
  prompt: (buffer, text) => lua("prompt(...)", buffer, text),
  tell: (message) => void lua("tell(...)", message).catch(() => undefined),
};

function thread(id: string, url: string): Thread {
  const key = JSON.stringify([url, id]);
  const known = threads.get(key);
  if (known) return known;
  const made = new Thread(wireOf(url).channel(`thread/${id}`), editor, prefix);
  threads.set(key, made);
  return made;
}

function wireOf(url: string): Wire {
  const known = wires.get(url);
  if (known) return known;
  const { DELTAWIRE_TOKEN: token } = process.env;
  const wire = connect(url, { ...(token !== undefined && { token }) });
  wires.set(url, wire);
  wire.subscribe(() => {
    const { status } = wire;
    void lua("status(...)", status.is).catch(() => undefined);
    if (status.is === "stopped") editor.tell(status.error.message);
  });
  return wire;
}

async function notified(method: string, args: readonly unknown[]): Promise<void> {
  const [first, ...rest] = args;
  if (method === "attach") {
    const [id, url, title] = rest as [string, string, string]; // as lua/deltawire.lua sends them
    const of = thread(id, url);
    for (const [buffer, other] of buffers) if (other === of) buffers.delete(buffer);
    buffers.set(Number(first), of);
    of.attach(Number(first), title);
  } else if (method === "replay") {
    const [id, url, step] = rest as [string, string, number];
    await thread(id, url).replay(await readFile(String(first), "utf8"), step);
  } else if (method === "lines") {
    buffers.get(Number(first))?.lines(...(rest as [number, number, string[]]));
  } else if (method === "section") {
    buffers.get(Number(first))?.section(rest[0] === "user" ? "user" : "assistant");
  } else if (method === "done") {
    buffers.get(Number(first))?.done();
  } else if (method === "detach") {
    const of = buffers.get(Number(first));
    buffers.delete(Number(first));
    await of?.detach();
  }
}

/** Sends what was written, if the server can be reached; waits for that, but not for ever. */
async function leave(): Promise<void> {
  const closed = Promise.all([...wires.values()].map((wire) => wire.close()));
  const patience = new Promise((over) => setTimeout(over, 2000));
  await Promise.race([closed.catch(() => undefined), patience]);
}

nvim.on("notification", (method: string, args: readonly unknown[]) => {
  notified(method, args).catch((error: unknown) => {
    if (method === "lines") buffers.delete(Number(args[0])); // one word about it is enough
    editor.tell(String(error));
  });
});
// Neovim is about to leave, and waits for the answer: what was typed is complete.
nvim.on("request", (_method, _args, response: { send(value: unknown): void }) => {
  for (const each of threads.values()) each.close().catch(() => undefined);
  void leave().then(() => response.send(null));
});
// It is gone without a word: what was typed stays as it is, interrupted.
nvim.on("disconnect", () => void leave().then(() => process.exit()));
