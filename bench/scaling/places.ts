import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { redisPart, startCluster, startRedis } from "../../tests/real/redis.js";

/** What is left out where there is no Redis. */
const WITHOUT = "what Redis, and servers that share it, take";

/** A Redis server, as `tests/real` starts it. */
interface Server {
  readonly url: string;
  cli(...args: string[]): Promise<string>;
}

/** A Redis of its own, or several that share the channels. */
export interface RedisUnderTest {
  /** As `redisLog` takes it. */
  readonly place: string | { readonly cluster: readonly string[] };
  /** Microseconds of processor time that its masters have taken. */
  cpu(): Promise<number>;
  /** How often a command was run. */
  calls(command: string): Promise<number>;
  /** Bytes that its masters hold. */
  memory(): Promise<number>;
  /** Appends a second by Redis' own tool, 100 in one packet: what it takes without any client. */
  benchmark(bytes: number): Promise<number>;
  /** Deletes everything. */
  clear(): Promise<void>;
  stop(): Promise<void>;
}

/** The number behind something that INFO says. */
async function info(server: Server, section: string, field: string): Promise<number> {
  const said = await server.cli("info", section);
  return Number(new RegExp(`^${field}([\\d.]+)`, "m").exec(said)?.[1] ?? 0);
}

const sum = async (values: readonly Promise<number>[]): Promise<number> =>
  (await Promise.all(values)).reduce((all, value) => all + value, 0);

const measures = (masters: readonly Server[]) => ({
  cpu: async () => {
    const seconds = (mode: string) =>
      sum(masters.map((server) => info(server, "cpu", `used_cpu_${mode}:`)));
    return 1e6 * ((await seconds("user")) + (await seconds("sys")));
  },
  calls: (command: string) =>
    sum(masters.map((server) => info(server, "commandstats", `cmdstat_${command}:calls=`))),
  clear: async () => {
    await Promise.all(masters.map((server) => server.cli("flushall")));
  },
  memory: () => sum(masters.map((server) => info(server, "memory", "used_memory:"))),
});

/** Starts one server. Undefined where there is no Redis; that is said loudly. */
export async function oneRedis(): Promise<RedisUnderTest | undefined> {
  const part = await redisPart(WITHOUT);
  if (!part) return undefined;
  const server = await startRedis(part);
  return {
    place: server.url,
    ...measures([server]),
    async benchmark(bytes) {
      const tool = join(part.folder, "redis-benchmark");
      const args = ["-p", `${server.port}`, "-n", "200000", "-P", "100", "-c", "8", "-r", "1000"];
      const command = ["xadd", "bare:__rand_int__", "*", "t", "0123456789ab", "d"];
      const { stdout } = await promisify(execFile)(
        tool,
        [...args, "--csv", ...command, "x".repeat(bytes)],
        { env: part.env },
      );
      // "test","rps",… in the first line, and the figures in the second.
      return Number(stdout.trim().split("\n").at(-1)?.split('","')[1]);
    },
    stop: () => server.stop(),
  };
}

/** Starts a cluster of three masters with a replica each. Undefined where there is no Redis. */
export async function threeMasters(): Promise<RedisUnderTest | undefined> {
  const part = await redisPart(WITHOUT);
  if (!part) return undefined;
  const cluster = await startCluster(part);
  return {
    place: { cluster: cluster.urls },
    ...measures(await cluster.masters()),
    benchmark: () => Promise.resolve(Number.NaN),
    stop: () => cluster.stop(),
  };
}
