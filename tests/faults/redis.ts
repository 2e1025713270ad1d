import type { Random } from "../faulty-proxy.js";
import type { FoundPart } from "../real/part.js";
import { type RealRedis, startCluster, startRedis, startSentinels, until } from "../real/redis.js";
import type { ServerSettings } from "./requests.js";

/** How Redis is set up. */
export type RedisKind = "redis" | "emptied" | "sentinel" | "cluster";

/** Redis for a run, of which one process can be taken away. */
export interface RedisService {
  readonly place: ServerSettings["redis"];
  /** Kills one that holds the log, a master. */
  kill(random: Random): Promise<Killed>;
  stop(): Promise<void>;
}

/** What was killed. */
interface Killed {
  readonly what: string;
  readonly at: number;
  /** Brings it back after some time; resolves once all is as before. */
  heal(): Promise<void>;
}

/** Milliseconds that a server of Redis is away, below. */
const AWAY = 3000;

/** Milliseconds that replicas are behind their master when it dies, below. */
const BEHIND = 800;

const pause = (ms: number): Promise<void> => new Promise((later) => setTimeout(later, ms));

/** Starts it. */
export function startService(kind: RedisKind, part: FoundPart): Promise<RedisService> {
  if (kind === "sentinel") return watched(part);
  if (kind === "cluster") return clustered(part);
  return alone(part, kind === "redis");
}

/** One server, with an append-only file or without: then it comes back with nothing. */
async function alone(part: FoundPart, appendonly: boolean): Promise<RedisService> {
  const redis = await startRedis(part, { appendonly });
  return {
    place: redis.url,
    kill: async (random) => {
      const away = random(AWAY);
      await redis.kill();
      return {
        what: `Redis gone for ${away} ms${appendonly ? "" : ", and then empty"}`,
        at: Date.now(),
        heal: async () => {
          await pause(away);
          await redis.restart();
        },
      };
    },
    stop: () => redis.stop(),
  };
}

/** Kills a master; half the time its replicas have not heard of what came last. */
async function killAhead(
  random: Random,
  master: RealRedis | undefined,
  replicas: readonly RealRedis[],
): Promise<{ readonly what: string; readonly at: number }> {
  const behind = random(2) === 0 ? 0 : 1 + random(BEHIND);
  const refused = (password: string) =>
    Promise.all(replicas.map((replica) => replica.cli("config", "set", "masterauth", password)));
  if (behind > 0) {
    // They ask to go on, with a password that the master does not take.
    await refused("wrong");
    await Promise.all(replicas.map((replica) => replica.cli("client", "kill", "type", "master")));
    await pause(behind);
  }
  await master?.kill();
  const at = Date.now();
  await refused("");
  return { what: `a master of Redis, ${behind} ms ahead of its replicas`, at };
}

/** A master and two replicas, and sentinels that make one of these the master. */
async function watched(part: FoundPart): Promise<RedisService> {
  const { sentinels, name, servers, master, stop } = await startSentinels(part);
  return {
    place: { sentinels, name },
    kill: async (random) => {
      const old = await master();
      const server = servers.find(({ port }) => port === old);
      const killed = await killAhead(random, server, others(servers, [server]));
      const heal = async () => {
        await until("the sentinels have another master", async () => (await master()) !== old);
        await server?.restart();
        await until("the old master is a replica", () => isWhole(servers, 1));
      };
      return { ...killed, what: `${killed.what} (sentinel)`, heal };
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
      const killed = await killAhead(random, server, others(cluster.servers, masters));
      const heal = async () => {
        await until("a replica has become master", async () => {
          const [now, found] = [await cluster.masters(), server];
          return now.length === masters.length && now.every((one) => one !== found);
        });
        await server?.restart();
        await until("the old master is a replica", () => isWhole(cluster.servers, masters.length));
      };
      return { ...killed, what: `${killed.what} (cluster)`, heal };
    },
    stop: () => cluster.stop(),
  };
}

const others = (servers: readonly RealRedis[], than: readonly (RealRedis | undefined)[]) =>
  servers.filter((server) => !than.includes(server));

/** Whether so many are masters, and all others follow one of them. */
async function isWhole(servers: readonly RealRedis[], masters: number): Promise<boolean> {
  const infos = await Promise.all(
    servers.map((server) => server.cli("info", "replication").catch(() => "")),
  );
  const follow = infos.filter((info) => info.includes("master_link_status:up")).length;
  const lead = infos.filter((info) => info.includes("role:master")).length;
  return lead === masters && follow === servers.length - masters;
}
