import { type ChildProcess, execFile, spawn } from "node:child_process";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { connect, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { promisify } from "node:util";
import { type FoundPart, type RealPart, realPart } from "./part.js";

/** Redis, with Sentinel and the tool that makes a cluster. */
const REDIS: RealPart = {
  name: "redis",
  commands: ["redis-server", "redis-cli"],
  packages: ["redis-server", "redis-tools"],
};

/** Milliseconds in which a server answers, or a set of servers agrees. */
const PATIENCE = 30_000;

/** Redis on this machine. @param tests what does not run without it, in words */
export const redisPart = (tests: string): Promise<FoundPart | undefined> => realPart(REDIS, tests);

/** How a server is started. */
export interface RedisOptions {
  /** Keeps an append-only file, synced every second. @default false */
  readonly appendonly?: boolean;
  /** Further arguments of redis-server. @default none */
  readonly args?: readonly string[];
}

/** A Redis server of its own, on a free port, in a folder of its own. */
export interface RealRedis {
  readonly port: number;
  readonly url: string;
  /** Runs a command with redis-cli, and returns what it prints. */
  cli(...args: string[]): Promise<string>;
  /** SIGKILL. */
  kill(): Promise<void>;
  /** The process stands still: it is there and does not answer. */
  pause(): void;
  /** It goes on. */
  resume(): void;
  /** Starts it again, on the same port and folder. */
  restart(): Promise<void>;
  /** Ends it, and removes its folder. */
  stop(): Promise<void>;
}

/** Starts a server, and waits until it answers. */
export async function startRedis(part: FoundPart, options: RedisOptions = {}): Promise<RealRedis> {
  const folder = await mkdtemp(join(tmpdir(), "deltawire-redis-"));
  const port = await freePort();
  const append = options.appendonly === true ? "yes" : "no";
  const server = new Server(part, port, [
    ...["--port", `${port}`, "--bind", "127.0.0.1", "--dir", folder, "--save", ""],
    ...["--appendonly", append, "--appendfsync", "everysec", "--loglevel", "warning"],
    ...["--enable-debug-command", "yes", "--repl-diskless-sync-delay", "0"],
    ...(options.args ?? []),
  ]);
  server.folder = folder;
  await server.restart();
  return server;
}

/** A master, two replicas, and three sentinels that watch them. */
export interface RealSentinels {
  /** `host:port` of each sentinel. */
  readonly sentinels: readonly string[];
  readonly name: string;
  /** Each server; the first one was the master at the start. */
  readonly servers: readonly RealRedis[];
  /** The port of the master, as the sentinels see it. */
  master(): Promise<number>;
  stop(): Promise<void>;
}

/** Starts them, and waits until the sentinels know of each other. */
export async function startSentinels(part: FoundPart): Promise<RealSentinels> {
  const name = "deltawire";
  const first = await startRedis(part);
  const of = ["--replicaof", `127.0.0.1 ${first.port}`];
  const replicas = await Promise.all([1, 2].map(() => startRedis(part, { args: of })));
  const folder = await mkdtemp(join(tmpdir(), "deltawire-sentinel-"));
  const watchers = await Promise.all(
    [1, 2, 3].map(async (i) => {
      const port = await freePort();
      const own = join(folder, `${i}`);
      await mkdir(own);
      const config = join(own, "sentinel.conf");
      const lines = [
        `port ${port}`,
        "bind 127.0.0.1",
        `dir ${own}`,
        "loglevel warning",
        `sentinel monitor ${name} 127.0.0.1 ${first.port} 2`,
        `sentinel down-after-milliseconds ${name} 1000`,
        `sentinel failover-timeout ${name} 5000`,
      ];
      await writeFile(config, `${lines.join("\n")}\n`);
      const server = new Server(part, port, [config, "--sentinel"]);
      server.folder = own;
      await server.restart();
      return server;
    }),
  );
  const ask = (of: RealRedis, field: string) =>
    of.cli("sentinel", "master", name).then(fieldOf(field));
  await until("the sentinels see each other and the replicas", async () => {
    const seen = await Promise.all(
      watchers.map(async (w) => [await ask(w, "num-other-sentinels"), await ask(w, "num-slaves")]),
    );
    return seen.every(([others, slaves]) => others === "2" && slaves === "2");
  });
  return {
    name,
    servers: [first, ...replicas],
    sentinels: watchers.map(({ port }) => `127.0.0.1:${port}`),
    master: async () => Number(await ask(watchers[0] as RealRedis, "port")),
    stop: async () => {
      await Promise.all([...watchers, first, ...replicas].map((server) => server.stop()));
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** A cluster of three masters with a replica each. */
export interface RealCluster {
  readonly urls: readonly string[];
  readonly servers: readonly RealRedis[];
  /** The servers that are masters now. */
  masters(): Promise<readonly RealRedis[]>;
  stop(): Promise<void>;
}

/** Starts it, and waits until it serves every slot. */
export async function startCluster(part: FoundPart): Promise<RealCluster> {
  const args = ["--cluster-enabled", "yes", "--cluster-node-timeout", "2000"];
  args.push("--cluster-replica-validity-factor", "0");
  const servers: RealRedis[] = [];
  // One by one: a server's bus listens 10,000 ports above it.
  for (let i = 0; i < 6; i += 1) servers.push(await startRedis(part, { args }));
  const first = servers[0] as RealRedis;
  const hosts = servers.map(({ port }) => `127.0.0.1:${port}`);
  await first.cli("--cluster", "create", ...hosts, "--cluster-replicas", "1", "--cluster-yes");
  const isMaster = async (server: RealRedis) =>
    /role:master/.test(await server.cli("info", "replication").catch(() => ""));
  await until("the cluster is whole", async () => {
    const states = await Promise.all(servers.map((server) => server.cli("cluster", "info")));
    const links = await Promise.all(servers.map((server) => server.cli("info", "replication")));
    return (
      states.every((text) => /cluster_state:ok/.test(text)) &&
      links.every((text) => /role:master|master_link_status:up/.test(text)) &&
      links.filter((text) => /role:slave/.test(text)).length === 3
    );
  });
  return {
    servers,
    urls: hosts.map((host) => `redis://${host}`),
    masters: async () => {
      const flags = await Promise.all(servers.map(isMaster));
      return servers.filter((_, i) => flags[i]);
    },
    stop: async () => {
      await Promise.all(servers.map((server) => server.stop()));
    },
  };
}

/** Asks again until something is so. @throws Error where it is not, after half a minute */
export async function until(what: string, holds: () => Promise<boolean> | boolean): Promise<void> {
  const end = Date.now() + PATIENCE;
  while (!(await holds())) {
    if (Date.now() > end) throw new Error(`it did not come about that ${what}`);
    await new Promise((again) => setTimeout(again, 20));
  }
}

/** A field of a reply that lists names and values in turn. */
const fieldOf = (field: string) => (reply: string) => {
  const lines = reply.split("\n");
  return lines[lines.indexOf(field) + 1] ?? "";
};

/** A port that nobody listens on, low enough for a cluster's bus to be 10,000 above it. */
async function freePort(): Promise<number> {
  for (;;) {
    const port = 20_000 + Math.floor(Math.random() * 30_000);
    if ((await isFree(port)) && (await isFree(port + 10_000))) return port;
  }
}

const isFree = (port: number): Promise<boolean> =>
  new Promise((answer) => {
    const server = createServer();
    server.once("error", () => answer(false));
    server.listen(port, "127.0.0.1", () => server.close(() => answer(true)));
  });

const answers = (port: number): Promise<boolean> =>
  new Promise((answer) => {
    const socket = connect({ port, host: "127.0.0.1" }, () => socket.write("PING\r\n"));
    socket.once("data", (data) => {
      socket.destroy();
      answer(`${data}`.startsWith("+PONG"));
    });
    socket.once("error", () => answer(false));
  });

/** Servers that run: who ends without stopping them leaves none behind. */
const running = new Set<ChildProcess>();

const killAll = (): void => {
  for (const child of running) child.kill("SIGKILL");
};

class Server implements RealRedis {
  readonly port: number;
  readonly url: string;
  readonly #part: FoundPart;
  readonly #args: readonly string[];
  folder = "";
  #process: ChildProcess | undefined;
  #ended: Promise<void> = Promise.resolve();

  constructor(part: FoundPart, port: number, args: readonly string[]) {
    this.#part = part;
    this.port = port;
    this.url = `redis://127.0.0.1:${port}`;
    this.#args = args;
  }

  async cli(...args: string[]): Promise<string> {
    const command = join(this.#part.folder, "redis-cli");
    const { stdout } = await promisify(execFile)(command, ["-p", `${this.port}`, ...args], {
      env: this.#part.env,
      maxBuffer: 1 << 26,
    });
    return stdout.trim();
  }

  async restart(): Promise<void> {
    const child = spawn(join(this.#part.folder, "redis-server"), this.#args, {
      env: this.#part.env,
      stdio: ["ignore", "ignore", "inherit"],
    });
    this.#process = child;
    this.#ended = new Promise((ended) => child.once("exit", () => ended()));
    process.off("exit", killAll).once("exit", killAll);
    running.add(child);
    child.once("exit", () => running.delete(child));
    await until(`Redis answers on port ${this.port}`, () => {
      if (child.exitCode !== null) throw new Error(`redis-server ended: ${child.exitCode}`);
      return answers(this.port);
    });
  }

  async kill(): Promise<void> {
    this.#process?.kill("SIGKILL");
    await this.#ended;
  }

  pause(): void {
    this.#process?.kill("SIGSTOP");
  }

  resume(): void {
    this.#process?.kill("SIGCONT");
  }

  async stop(): Promise<void> {
    await this.kill();
    await rm(this.folder, { recursive: true, force: true });
  }
}
