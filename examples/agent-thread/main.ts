// The backend, and two editors that replay a turn each: a new one, in Neovim, and one of the old
// protocol. Arguments: --port N (4680; 0 for any), --data FOLDER (.cache here, where it goes on).
import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { level } from "@deltawire/level";
import { startBackend } from "./backend.js";
import { findDatabase } from "./database.js";
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
});
console.log(`page         ${backend.url}`);
console.log(`new editors  ${backend.wire}`);
console.log(`old editors  ${backend.old}`);

const run = Date.now().toString(36);
const recording = readRecording(await readFile(here("recordings/flaky-test.jsonl"), "utf8"));
const { signal } = ending;
const old = oldReplay({ url: backend.old, thread: `old-${run}`, recording, signal });
const editors = [old.catch((error: unknown) => console.error(`old editor: ${error}`))];

if (!signal.aborted) await new Promise((ended) => signal.addEventListener("abort", ended));
await Promise.all(editors);
await backend.close();
await data.close();
await database.close();
