import type { Random } from "../faulty-proxy.js";
import type { Deployment } from "./deployment.js";
import { type Point, TRAPS, type Trap } from "./requests.js";

/** What is taken away. */
export const KINDS = ["server", "redis", "sentinel", "cluster", "postgres"] as const;

/** See {@link KINDS}. */
export type FaultKind = (typeof KINDS)[number];

/** Something that is taken away, and comes back. */
export interface Fault {
  /** In words. */
  readonly what: string;
  /** Takes it away. @returns when it was gone */
  strike(): Promise<number>;
  /** Brings it back after some time. */
  heal(): Promise<void>;
}

/** Milliseconds that PostgreSQL is gone. */
const OUTAGE = 10_000;

/** Milliseconds after which a server is killed that does not come to its point. */
const PATIENCE = 15_000;

const pause = (ms: number): Promise<void> => new Promise((later) => setTimeout(later, ms));

/** The fault that a seed names. */
export function faultOf(
  kind: FaultKind,
  deployment: Deployment,
  seed: number,
  random: Random,
): Fault {
  if (kind === "server") return ofServer(deployment, seed, random);
  if (kind === "postgres") return ofPostgres(deployment, random);
  const { redis } = deployment;
  const away = kind === "redis" ? random(3000) : 0;
  let heal = async (): Promise<void> => undefined;
  return {
    what: kind === "redis" ? `Redis gone for ${away} ms` : `a master of Redis (${kind})`,
    strike: async () => {
      heal = await redis.kill(random);
      return Date.now();
    },
    heal: async () => {
      await pause(away);
      await heal();
    },
  };
}

function ofPostgres({ postgres }: Deployment, random: Random): Fault {
  const how = (["stop", "kill", "freeze"] as const)[random(3)] ?? "stop";
  return {
    what: `PostgreSQL gone for ${OUTAGE} ms (${how})`,
    strike: async () => {
      await (how === "freeze" ? postgres.freeze(true) : postgres[how]());
      return Date.now();
    },
    heal: async () => {
      await pause(OUTAGE);
      await (how === "freeze" ? postgres.freeze(false) : postgres.start());
    },
  };
}

/** Times that a point is passed until it counts, below. */
const COUNTS: Readonly<Record<Trap, number>> = {
  "before append": 200,
  "during append": 200,
  "after append": 200,
  "after read": 25,
  "after save": 20,
  "before compaction": 1,
  "after compaction": 1,
  "in a hook": 10,
};

/** Each seed in turn has another one. */
const POINTS = [...TRAPS, "while state is resent"] as const;

function ofServer({ servers, balancer }: Deployment, seed: number, random: Random): Fault {
  const server = servers[random(servers.length)];
  const at = POINTS[seed % POINTS.length];
  if (!server || at === undefined) throw new Error(`${seed} is no seed`);
  const away = random(2000);
  const heal = async (): Promise<void> => {
    await pause(away);
    await server.start();
  };
  const name = `server ${servers.indexOf(server) + 1}`;
  if (at === "while state is resent") {
    const bytes = 1 + random(200_000);
    const strike = async () => {
      const resent = balancer.sent(server.port, bytes);
      balancer.cut();
      await Promise.race([resent, pause(PATIENCE)]);
      await server.kill();
      return Date.now();
    };
    return { what: `${name} after ${bytes} bytes of state resent`, strike, heal };
  }
  const point: Point = { trap: at, count: 1 + random(COUNTS[at]) };
  const strike = async () => {
    if (at === "after read") {
      // It reads what it takes over, and what its clients come back for.
      await server.kill();
      await server.start(point).catch(() => undefined); // it may die that early
      balancer.cut();
    } else await server.arm(point).catch(() => undefined); // dead before it could answer
    const exited = server.exited();
    await Promise.race([exited, pause(PATIENCE)]);
    await server.kill();
    return exited;
  };
  return { what: `${name} ${at}, ${point.count}.`, strike, heal };
}
