import { setTimeout as sleep } from "node:timers/promises";
import type { Named, TargetRow } from "../results.js";
import { quantilesOf } from "../statistics.js";
import type { Crowd } from "./crowd.js";
import { atMost } from "./row.js";

const MEGABYTE = 1024 * 1024;

/** Milliseconds after which those who have left are forgotten on both sides. */
const REST = 200;

async function leave(crowd: Crowd): Promise<void> {
  await crowd.leave();
  await sleep(REST);
}

/**
 * What each of many consumers takes from `connect()` to the channel's state, where they come spread
 * over some milliseconds, and where they come all at once. They leave again.
 */
export async function measureConnecting(
  crowd: Crowd,
  counts: readonly number[],
  spread: number,
): Promise<Named<TargetRow>> {
  const rows: Record<string, TargetRow> = {};
  for (const count of counts) {
    for (const [way, over] of [
      ["spread", spread],
      ["burst", 0],
    ] as const) {
      const { p50, p95, p99, max } = quantilesOf(await crowd.join(count, over));
      await leave(crowd);
      const bare = quantilesOf(await crowd.joinBare(count, over));
      await leave(crowd);
      const how = over > 0 ? `over ${over} ms` : "all at once";
      const what = `${count} clients connect and subscribe, ${how}: the slowest`;
      const details = { p50, p95, p99, max, "bare ws, p50": bare.p50, "bare ws, max": bare.max };
      rows[`connect-${count}-${way}`] = atMost(what, max, "ms", 100, details);
    }
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
