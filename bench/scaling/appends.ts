import type { AppendsRow, Effort, Named } from "../results.js";
import { Rounds, type Sample } from "../statistics.js";
import { type Clients, RECORD, type Work } from "./clients.js";
import type { LogOrder } from "./log-client.js";
import type { RedisUnderTest } from "./places.js";

/** Channels that are written at once, over so many processes. */
interface Load {
  readonly channels: number;
  readonly processes: number;
}

interface Plan {
  readonly loads: readonly Load[];
  readonly rounds: number;
  /** Of one measurement. */
  readonly milliseconds: number;
}

const LOADS: readonly Load[] = [
  { channels: 1, processes: 1 },
  { channels: 100, processes: 1 },
  { channels: 1000, processes: 1 },
  { channels: 1000, processes: 2 },
  { channels: 1000, processes: 4 },
];

const PLANS: Readonly<Record<Effort, Plan>> = {
  smallest: { loads: LOADS.slice(0, 2), rounds: 1, milliseconds: 50 },
  quick: { loads: LOADS, rounds: 2, milliseconds: 150 },
  full: { loads: LOADS, rounds: 7, milliseconds: 1000 },
};

const nameOf = ({ channels, processes }: Load): string => `${channels}x${processes}`;

/**
 * Appends a second through Redis, and what they take of it and of those who append: beside bare
 * XADDs of the same bytes, by the same client in the same processes.
 */
export async function measureAppends(clients: Clients, effort: Effort): Promise<Named<AppendsRow>> {
  const { loads, rounds, milliseconds } = PLANS[effort];
  const sample = async (load: Load, way: "log" | "bare"): Promise<Sample> => {
    const work = await clients.do(load.processes, (index) =>
      appendOrder(load, index, way, milliseconds),
    );
    if (work.conflicts > 0) throw new Error(`${work.conflicts} appends met another writer's`);
    return sampleOf(`${nameOf(load)} ${way}`, work);
  };
  const things = loads.map((load) => async () => ({
    ...(await sample(load, "log")),
    ...(await sample(load, "bare")),
  }));
  const found = await Rounds.gather(rounds, 1, things);
  return Object.fromEntries(loads.map((load) => [nameOf(load), rowOf(found, nameOf(load))]));
}

/** Each process has channels of its own. */
function appendOrder(
  { channels, processes }: Load,
  index: number,
  way: "log" | "bare",
  milliseconds: number,
): LogOrder {
  const own = Array.from({ length: channels / processes }, (_, i) => `${index}-${i}`);
  return { type: "append", way, channels: own, milliseconds };
}

const sampleOf = (name: string, { done, milliseconds, cpu, redisCpu }: Work): Sample => ({
  [`${name} rate`]: (1000 * done) / milliseconds,
  [`${name} cpu`]: cpu / done,
  [`${name} redis`]: redisCpu / done,
});

const rowOf = (found: Rounds, name: string): AppendsRow => ({
  perSecond: found.of(`${name} log rate`),
  cpu: found.of(`${name} log cpu`),
  logCpu: found.of(`${name} log redis`),
  toBare: {
    perSecond: found.ratio(`${name} log rate`, `${name} bare rate`),
    cpu: found.ratio(`${name} log cpu`, `${name} bare cpu`),
    logCpu: found.ratio(`${name} log redis`, `${name} bare redis`),
  },
});

/** XADDs a second of the same bytes by Redis' own tool. */
export const measureTool = (redis: RedisUnderTest): Promise<number> => redis.benchmark(RECORD);
