// Feeds of 15 queries each. Arguments: --port N (4682; 0 for any), --data FOLDER (.cache here).
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { findDatabase } from "example-services";
import { startBackend } from "./backend.js";

const { values } = parseArgs({
  options: {
    port: { type: "string", default: process.env.PORT ?? "4682" },
    data: { type: "string", default: fileURLToPath(new URL(".cache", import.meta.url)) },
  },
});
const ending = new Promise((end) => {
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.on(signal, end);
});

const database = await findDatabase(values.data);
try {
  const backend = await startBackend({ database: database.url, port: Number(values.port) });
  console.log(`page      ${backend.url}`);
  console.log(`events    curl -N ${backend.url}feed/ann/events`);
  console.log(`document  curl ${backend.url}feed/ann?limit=3`);
  console.log(`metrics   curl ${backend.metrics}`);
  await ending;
  await backend.close();
} catch (error) {
  console.error(error instanceof Error ? error.message : error); // a port in use, say
  process.exit(1);
}
await database.close();
