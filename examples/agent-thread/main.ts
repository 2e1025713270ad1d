// The backend, and two editors that replay a turn each: a new one, in Neovim, and one of the old
// protocol. Arguments: --port N (4680; 0 for any), --data FOLDER (.cache here, where it goes on).
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { level } from "@deltawire/level";
import { findDatabase } from "example-services";
import { startBackend } from "./backend.js";
import { readRecording } from "./editor/src/recording.js";
import { oldReplay } from "./old-replay.js";

const here = (path: string): string => fileURLToPath(new URL(path, import.meta.url));
const { values } = parseArgs({
  options: {
    port: { type: "string", default: process.env.PORT ?? "4680" },
    data: { type: "string", default: here(".cache") },
  },
});

const ending = new AbortController();
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.on(signal, () => ending.abort());

const database = await findDatabase(values.data);
const data = level(join(values.data, "log"));
const page = here("dist/page");
const backend = await startBackend({
  database: database.url,
  log: data.log,
  port: Number(values.port),
  ...(existsSync(page) && { page }),
}).catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : error); // a port in use, say
  process.exit(1);
});
console.log(`page         ${backend.url}`);
console.log(`new editors  ${backend.wire}`);
console.log(`old editors  ${backend.old}`);

const run = Date.now().toString(36); // of no thread that was replayed before
const { signal } = ending;
const recording = readRecording(await readFile(here("recordings/flaky-test.jsonl"), "utf8"));
const old = oldReplay({ url: backend.old, thread: `old-${run}`, recording, signal });
const replays = [
  inNeovim(`new-${run}`),
  old.catch((error: unknown) => console.error(`old editor: ${error}`)),
];

if (!signal.aborted) await new Promise((ended) => signal.addEventListener("abort", ended));
await Promise.all(replays);
await backend.close();
await data.close();
await database.close();

/** A turn from the new editor, where there is one. Resolves when it was left. */
async function inNeovim(thread: string): Promise<void> {
  const plugin = dirname(fileURLToPath(import.meta.resolve("deltawire-nvim/package.json")));
  const replay = `DeltawireReplay ${here("recordings/rate-limit.jsonl")} ${thread} ${backend.wire}`;
  const args = ["--headless", "--clean", "-n", "--cmd", `set runtimepath+=${plugin}`, "-c", replay];
  const nvim = spawn("nvim", args, { stdio: "ignore" });
  const ended = once(nvim, "exit").catch(() => {
    console.log("nvim is not installed: only the old editor replays a turn");
  });
  signal.addEventListener("abort", () => nvim.kill());
  await ended;
}
