// Feeds of 15 queries each. Arguments: --port N (4682; 0 for any), --data FOLDER (.cache here).
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { findDatabase } from "example-services";
import { startBackend } from "./backend.js";

const here = (path: string): string => fileURLToPath(new URL(path, import.meta.url));
const { values } = parseArgs({
  options: {
    port: { type: "string", default: process.env.PORT ?? "4682" },
    data: { type: "string", default: here(".cache") },
  },
});
const ending = new AbortController();
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.on(signal, () => ending.abort());

const database = await findDatabase(values.data);
const page = here("dist/page");
const backend = await startBackend({
  database: database.url,
  port: Number(values.port),
  ...(existsSync(page) && { page }),
}).catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : error); // a port in use, say
  process.exit(1);
});
console.log(`page      ${backend.url}`);
console.log(`events    curl -N ${backend.url}feed/ann/events`);
console.log(`document  curl ${backend.url}feed/ann?limit=3`);
console.log(`metrics   curl ${backend.url}stats`);
if (!ending.signal.aborted) {
  await new Promise((ended) => ending.signal.addEventListener("abort", ended));
}
await backend.close();
await database.close();
