// Two servers that share a Redis, and a folder that the first one watches. Arguments: the folder,
// --port N (4690, and the next one; 0 for any).
import { existsSync } from "node:fs";
import { resolve } from "node:path";
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
const ending = new Promise<undefined>((end) => {
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.on(signal, () => end(undefined));
});

try {
  const redis = await findRedis();
  const first = await serveGraphs({ redis: redis.url, port });
  const second = await serveGraphs({ redis: redis.url, port: port && port + 1 });
  const watching = watchFolder(first.server, folder);
  const stop = await Promise.race([watching, ending]); // a Redis that is away is waited for
  if (stop) {
    console.log(
      `The imports of ${folder} are at ${first.url} and at ${second.url}: Ctrl-C ends both.`,
    );
  }
  await ending;
  stop?.();
  await Promise.all([first.server.close(), second.server.close()]);
  await redis.close();
} catch (error) {
  console.error(error instanceof Error ? error.message : error); // no Redis, a port in use
  process.exit(1);
}
