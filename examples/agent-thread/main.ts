// The backend, and two editors that replay a turn each: a new one, in Neovim, and one of the old
// protocol. Arguments: --port N (4680, and the one behind it for old editors; 0 for any), --data
// FOLDER (.cache here, where it goes on).
import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { level } from "@deltawire/level";
import { findDatabase } from "example-services";
import { startBackend } from "./backend.js";
import { replayOldEditor } from "./old-editors/replay.js";
import { serveOldEditors } from "./old-editors/server.js";

const here = (path: string): string => fileURLToPath(new URL(path, import.meta.url));
const { values } = parseArgs({
  options: {
    port: { type: "string", default: process.env.PORT ?? "4680" },
    data: { type: "string", default: here(".cache") },
  },
});
const port = Number(values.port);

const ending = new AbortController();
const { signal } = ending;
for (const name of ["SIGINT", "SIGTERM", "SIGHUP"]) process.on(name, () => ending.abort());

/** A port in use, say. */
const giveUp = (error: unknown): never => {
  console.error(error instanceof Error ? error.message : error);
  process.exit(1);
};
const database = await findDatabase(values.data);
const data = level(join(values.data, "log"));
const backend = await startBackend({ database: database.url, log: data.log, port }).catch(giveUp);
const { url } = backend;
const old = await serveOldEditors(url, port && port + 1, console.error).catch(giveUp);
console.log(`page         ${backend.origin}/`);
console.log(`new editors  ${url}`);
console.log(`old editors  ${old.url}`);

const run = Date.now().toString(36); // of no thread that was replayed before
const recording = await readFile(here("old-editors/recordings/flaky-test.jsonl"), "utf8");
const replays = [
  inNeovim(`new-${run}`),
  replayOldEditor({ url: old.url, thread: `old-${run}`, recording, signal }).catch(console.error),
];

if (!signal.aborted) await once(signal, "abort");
await Promise.all(replays);
await old.close();
await backend.close();
await data.close();
await database.close();

/** A turn from the new editor, where there is one. Resolves when it was left. */
async function inNeovim(thread: string): Promise<void> {
  const plugin = dirname(fileURLToPath(import.meta.resolve("deltawire-nvim/package.json")));
  const replay = `DeltawireReplay ${here("recordings/rate-limit.jsonl")} ${thread} ${url}`;
  const args = ["--headless", "--clean", "-n", "--cmd", `set runtimepath+=${plugin}`, "-c", replay];
  const nvim = spawn("nvim", args, { stdio: "ignore" });
  const ended = once(nvim, "exit").catch(() => {
    console.log("nvim is not installed: only the old editor replays a turn");
  });
  signal.addEventListener("abort", () => nvim.kill());
  await ended;
}
