import type { Random } from "../faulty-proxy.js";
import type { FoundPart } from "../real/part.js";
import { type RealRedis, startCluster, startRedis, startSentinels, until } from "../real/redis.js";
import type { ServerSettings } from "./requests.js";

/** How Redis is set up. */
export type RedisKind = "redis" | "sentinel" | "cluster";

/** Redis for a run, of which one process can be taken away. */
export interface RedisService {
  readonly place: ServerSettings["redis"];
  /** Kills one that holds the log, a master. Resolves with what brings it back. */
  kill(random: Random): Promise<() => Promise<void>>;
  stop(): Promise<void>;
}

/** Starts it. */
export function startService(kind: RedisKind, part: FoundPart): Promise<RedisService> {
  return { redis: alone, sentinel: watched, cluster: clustered }[kind](part);
}

/** One server with an append-only file. */
async function alone(part: FoundPart): Promise<RedisService> {
  const redis = await startRedis(part, { appendonly: true });
  return {
    place: redis.url,
    kill: async () => {
      await redis.kill();
      return () => redis.restart();
    },
    stop: () => redis.stop(),
  };
}

/** A master and two replicas, and sentinels that make one of these the master. */
async function watched(part: FoundPart): Promise<RedisService> {
  const { sentinels, name, servers, master, stop } = await startSentinels(part);
  return {
    place: { sentinels, name },
    kill: async () => {
      const old = await master();
      const server = servers.find(({ port }) => port === old);
      await server?.kill();
      return async () => {
        await until("the sentinels have another master", async () => (await master()) !== old);
        await server?.restart();
        await until("the old master is a replica", () => isWhole(servers, 1));
      };
    },
    stop,
  };
}

async function clustered(part: FoundPart): Promise<RedisService> {
  const cluster = await startCluster(part);
  return {
    place: { cluster: cluster.urls },
    kill: async (random) => {
      const masters = await cluster.masters();
      const server = masters[random(masters.length)];
      await server?.kill();
      return async () => {
        await until("a replica has become master", async () => {
          const [now, found] = [await cluster.masters(), server];
          return now.length === masters.length && now.every((one) => one !== found);
        });
        await server?.restart();
        await until("the old master is a replica", () => isWhole(cluster.servers, masters.length));
      };
    },
    stop: () => cluster.stop(),
  };
}

/** Whether so many are masters, and all others follow one of them. */
async function isWhole(servers: readonly RealRedis[], masters: number): Promise<boolean> {
  const infos = await Promise.all(
    servers.map((server) => server.cli("info", "replication").catch(() => "")),
  );
  const follow = infos.filter((info) => info.includes("master_link_status:up")).length;
  const lead = infos.filter((info) => info.includes("role:master")).length;
  return lead === masters && follow === servers.length - masters;
}
