import { setTimeout as sleep } from "node:timers/promises";
import type { Named, TargetRow } from "../results.js";
import { type Figure, figureOf, type Quantiles, quantilesOf } from "../statistics.js";
import type { Crowd } from "./crowd.js";
import { atMost } from "./row.js";

const MEGABYTE = 1024 * 1024;

/** Milliseconds after which those who have left are forgotten on both sides. */
const REST = 100;

async function leave(crowd: Crowd): Promise<void> {
  await crowd.leave();
  await sleep(REST);
}

/** How consumers come: so many, over so many milliseconds, and so often. */
interface Coming {
  readonly count: number;
  readonly over: number;
  readonly times: number;
}

/** Milliseconds of many who come: the slowest of each time, and of all of them. */
interface Came {
  readonly first: number;
  readonly slowest: Figure;
  readonly all: Quantiles;
}

/** The first time warms up; it counts where it is the only one. */
function cameOf(times: readonly (readonly number[])[]): Came {
  const counted = times.length > 1 ? times.slice(1) : times;
  return {
    first: Math.max(...(times[0] ?? [])),
    slowest: figureOf(counted.map((joined) => Math.max(...joined))),
    all: quantilesOf(counted.flat()),
  };
}

/** They come and leave, ours and bare WebSockets in turn. */
async function connect(crowd: Crowd, { count, over, times }: Coming): Promise<TargetRow> {
  const joined: (readonly number[])[] = [];
  const joinedBare: (readonly number[])[] = [];
  for (let time = 0; time < times; time++) {
    joined.push(await crowd.join(count, over));
    await leave(crowd);
    joinedBare.push(await crowd.joinBare(count, over));
    await leave(crowd);
  }
  const { first, slowest, all } = cameOf(joined);
  const bare = cameOf(joinedBare);
  const how = over > 0 ? `over ${over} ms` : "all at once";
  const what = `${count} clients connect and subscribe, ${how}: the slowest`;
  return atMost(what, slowest.median, "ms", 100, {
    p50: all.p50,
    p95: all.p95,
    p99: all.p99,
    max: all.max,
    "the first time": first,
    "bare ws, p50": bare.all.p50,
    "bare ws, slowest": bare.slowest.median,
    "bare ws, the first time": bare.first,
  });
}

/**
 * What each of many consumers takes from `connect()` to the channel's state, where they come spread
 * over some milliseconds, and where they come all at once: then the median of some times.
 */
export async function measureConnecting(
  crowd: Crowd,
  counts: readonly number[],
  spread: number,
  bursts: number,
): Promise<Named<TargetRow>> {
  const rows: Record<string, TargetRow> = {};
  for (const count of counts) {
    rows[`connect-${count}-spread`] = await connect(crowd, { count, over: spread, times: 1 });
    rows[`connect-${count}-burst`] = await connect(crowd, { count, over: 0, times: bursts });
  }
  return rows;
}

/** What a server's process takes while many consumers are there and read. They leave again. */
export async function measureMemory(
  crowd: Crowd,
  count: number,
  spread: number,
  tokens: number,
): Promise<Named<TargetRow>> {
  const before = crowd.memory.now;
  await crowd.join(count, spread);
  await crowd.stamps(100, 100, tokens);
  const { now, most } = crowd.memory;
  await leave(crowd);
  const each = (now - before) / count / MEGABYTE;
  const details = { before: before / MEGABYTE, with: now / MEGABYTE, most: most / MEGABYTE };
  const what = `the server's process with ${count} clients`;
  return {
    [`memory-${count}`]: atMost(`${what}, its peak`, details.most, "MB", 200, details),
    [`memory-${count}-each`]: atMost(`${what}, more than without, each`, each, "MB", 1, details),
  };
}
