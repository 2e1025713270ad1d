// Two servers that share a Redis, and a folder that the first one watches. Arguments: the folder,
// --port N (4690, and the next one; 0 for any).
import { existsSync } from "node:fs";
import { resolve } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { findRedis } from "example-services";
import { serveGraphs } from "./backend.js";
import { watchFolder } from "./folder.js";

const { values, positionals } = parseArgs({
  options: { port: { type: "string", default: process.env.PORT ?? "4690" } },
  allowPositionals: true,
});
const own = fileURLToPath(new URL("../../packages", import.meta.url));
const folder = resolve(positionals[0] ?? (existsSync(own) ? own : "."));
const port = Number(values.port);

const ending = new AbortController();
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.on(signal, () => ending.abort());

try {
  const redis = await findRedis();
  const first = await serveGraphs({ redis: redis.url, port });
  const second = await serveGraphs({ redis: redis.url, port: port === 0 ? 0 : port + 1 });
  const watched = await watchFolder(first.server, folder);
  console.log(
    `The imports of ${folder} are at ${first.url} and at ${second.url}: Ctrl-C ends both.`,
  );
  const { signal } = ending;
  if (!signal.aborted) await new Promise((ended) => signal.addEventListener("abort", ended));
  await watched.close();
  await Promise.all([first.close(), second.close()]);
  await redis.close();
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exit(1);
}
