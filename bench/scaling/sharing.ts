import type { ContentionRow, CostRow, Effort, Named } from "../results.js";
import { figureOf } from "../statistics.js";
import { type Clients, RECORD } from "./clients.js";
import type { RedisUnderTest } from "./places.js";

interface Plan {
  readonly rounds: number;
  readonly writers: readonly number[];
  readonly milliseconds: number;
  /** Channels that are kept, or followed. */
  readonly channels: number;
  /** Leases that are renewed. */
  readonly times: number;
  /** Milliseconds for which channels are followed in which nothing happens. */
  readonly resting: number;
}

const PLANS: Readonly<Record<Effort, Plan>> = {
  smallest: {
    rounds: 1,
    writers: [1, 2],
    milliseconds: 50,
    channels: 20,
    times: 2,
    resting: 2500,
  },
  quick: {
    rounds: 2,
    writers: [1, 2, 4],
    milliseconds: 200,
    channels: 1000,
    times: 10,
    resting: 3500,
  },
  full: {
    rounds: 7,
    writers: [1, 2, 4],
    milliseconds: 1000,
    channels: 1000,
    times: 30,
    resting: 20_000,
  },
};

/** Channels that are filled with records: memory is taken for many of them at a time. */
const LONG = 10;

/** The command by which a log looks whether news was lost. */
const LOOK = "hmget";

/** Records a second that servers append to one channel, each of them as fast as it can. */
export async function measureContention(
  clients: Clients,
  effort: Effort,
): Promise<Named<ContentionRow>> {
  const { rounds, writers, milliseconds } = PLANS[effort];
  const rows: [string, ContentionRow][] = [];
  for (const count of writers) {
    const [rates, conflicts]: [number[], number[]] = [[], []];
    for (let round = 0; round <= rounds; round++) {
      const channel = `contended-by-${count}`;
      const work = await clients.do(count, () => ({ type: "contend", channel, milliseconds }));
      if (round === 0) continue; // warms up
      rates.push((1000 * work.done) / work.milliseconds);
      conflicts.push(work.conflicts / work.done);
    }
    rows.push([
      String(count),
      { perSecond: figureOf(rates), conflictsPerRecord: figureOf(conflicts) },
    ]);
  }
  return Object.fromEntries(rows);
}

/** What a channel and a record hold in Redis, and what it takes that servers know of each other. */
export async function measureUpkeep(
  redis: RedisUnderTest,
  clients: Clients,
  effort: Effort,
): Promise<Named<CostRow>> {
  const plan = PLANS[effort];
  const names = Array.from({ length: plan.channels }, (_, i) => `followed-${i}`);
  return {
    ...(await held(redis, clients, names)),
    ...(await renewing(clients, plan)),
    ...(await following(redis, clients, names, plan)),
  };
}

async function held(
  redis: RedisUnderTest,
  clients: Clients,
  channels: readonly string[],
): Promise<Named<CostRow>> {
  const append = (few: readonly string[], milliseconds: number) =>
    clients.do(1, () => ({ type: "append", way: "log", channels: few, milliseconds }));
  const empty = await redis.memory();
  await append(channels, 0); // one each
  const begun = await redis.memory();
  const { done } = await append(channels.slice(0, LONG), 500);
  const full = await redis.memory();
  return {
    channel: {
      what: "memory of a channel in Redis, with its first record",
      value: (begun - empty) / channels.length,
      unit: "B",
    },
    record: {
      what: `memory of each further record in Redis, of ${RECORD} B`,
      value: (full - begun) / done,
      unit: "B",
    },
  };
}

async function renewing(clients: Clients, { channels, times }: Plan): Promise<Named<CostRow>> {
  await clients.do(1, () => ({ type: "renew", channels, times: 2 })); // warms up
  const { redisCpu, cpu, done } = await clients.do(1, () => ({ type: "renew", channels, times }));
  const what = "CPU to renew a lease that names 1,000 channels";
  const each = 1000 / (done * channels);
  return {
    renewRedis: { what: `${what}: Redis`, value: redisCpu * each, unit: "µs" },
    renewServer: { what: `${what}: the server`, value: cpu * each, unit: "µs" },
  };
}

async function following(
  redis: RedisUnderTest,
  clients: Clients,
  channels: readonly string[],
  { resting }: Plan,
): Promise<Named<CostRow>> {
  await clients.do(1, () => ({ type: "follow", channels }));
  const before = await redis.calls(LOOK);
  const { redisCpu, cpu } = await clients.do(1, () => ({ type: "rest", milliseconds: resting }));
  const looks = (await redis.calls(LOOK)) - before;
  if (looks < channels.length) throw new Error(`${channels.length} channels, ${looks} looks`);
  const what = "CPU of one look whether news of a channel was lost";
  return {
    lookRedis: { what: `${what}: Redis`, value: redisCpu / looks, unit: "µs" },
    lookServer: { what: `${what}: the server`, value: cpu / looks, unit: "µs" },
  };
}
