import type { Random } from "../faulty-proxy.js";
import type { Deployment, Served } from "./deployment.js";
import { type Point, TRAPS, type Trap } from "./requests.js";

/** What is taken away. */
export const KINDS = ["server", "redis", "emptied", "sentinel", "cluster", "postgres"] as const;

/** See {@link KINDS}. */
export type FaultKind = (typeof KINDS)[number];

/** What was taken away, in words, and when it was gone. */
interface Struck {
  readonly what: string;
  readonly at: number;
}

/** Something that is taken away, and comes back. */
export interface Fault {
  /** Takes it away. @returns what it was, in words, and when it was gone */
  strike(): Promise<Struck>;
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
  let heal = async (): Promise<void> => undefined;
  return {
    strike: async () => {
      const killed = await deployment.redis.kill(random);
      heal = killed.heal;
      return killed;
    },
    heal: () => heal(),
  };
}

function ofPostgres({ postgres }: Deployment, random: Random): Fault {
  const how = (["stop", "kill", "freeze"] as const)[random(3)] ?? "stop";
  return {
    strike: async () => {
      await (how === "freeze" ? postgres.freeze(true) : postgres[how]());
      return { what: `PostgreSQL gone for ${OUTAGE} ms (${how})`, at: Date.now() };
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

/** Each seed in turn has another point. */
const POINTS = [...TRAPS, "state resent"] as const;

function ofServer(deployment: Deployment, seed: number, random: Random): Fault {
  const trap = POINTS[seed % POINTS.length] ?? "state resent";
  const drawn = random(2);
  const away = random(2000);
  let server: Served | undefined;
  return {
    strike: async () => {
      server = await serverFor(trap, deployment.servers, drawn);
      const name = `server ${deployment.servers.indexOf(server) + 1}`;
      const { what, at } =
        trap === "state resent"
          ? await strikeResending(deployment, server, 1 + random(200_000))
          : await strikeAt(deployment, server, { trap, count: 1 + random(COUNTS[trap]) });
      return { what: `${name} ${what}`, at };
    },
    heal: async () => {
      await pause(away);
      await server?.start();
    },
  };
}

/** The server that was drawn; the other one where that does hardly any work of the kind. */
async function serverFor(
  trap: (typeof POINTS)[number],
  servers: readonly Served[],
  drawn: number,
): Promise<Served> {
  const [one, other] = drawn === 0 ? servers : [...servers].reverse();
  if (!one || !other) throw new Error("there are two servers");
  if (trap === "state resent" || trap === "after read") return one;
  const passed = await Promise.all([one, other].map(async (each) => (await each.arm())[trap] ?? 0));
  const [here = 0, there = 0] = passed;
  return here * 10 < there ? other : one;
}

/** Lets all clients come back, and kills a server while it sends them what they have missed. */
async function strikeResending(
  { balancer }: Deployment,
  server: Served,
  bytes: number,
): Promise<Struck> {
  const resent = balancer.sent(server.port, bytes);
  balancer.cut();
  const isReached = await inTime(resent);
  await server.kill();
  return { what: said(`after ${bytes} bytes of state resent`, isReached), at: Date.now() };
}

async function strikeAt({ balancer }: Deployment, server: Served, point: Point): Promise<Struck> {
  if (point.trap === "after read") {
    // It reads what it takes over, and what its clients come back for.
    await server.kill();
    await server.start(point).catch(() => undefined); // it may die that early
    balancer.cut();
  } else await server.arm(point).catch(() => undefined); // dead before it could answer
  const exited = server.exited();
  const isReached = await inTime(exited);
  await server.kill();
  return { what: said(`${point.trap} ${point.count}`, isReached), at: await exited };
}

/** Whether something happens while a server is waited for. */
const inTime = (work: Promise<unknown>): Promise<boolean> =>
  Promise.race([work.then(() => true), pause(PATIENCE).then(() => false)]);

const said = (at: string, isReached: boolean): string =>
  isReached ? at : `${at} (not reached, killed from outside)`;
