import type { Named, TargetRow } from "../results.js";
import { quantilesOf } from "../statistics.js";
import type { Crowd } from "./crowd.js";
import { atLeast, atMost } from "./row.js";

/** Consumers to whom a token is broadcast. */
const AUDIENCE = 20;

/** Tokens a second, as a fast model writes them. */
const PER_SECOND = 50;

/** The bounds of an average response, of 95 and of 99 of 100, in milliseconds. */
const RESPONSE = { mean: 10, p95: 20, p99: 50 } as const;

function responseRows(count: number, delays: readonly number[]): Named<TargetRow> {
  const quantiles = quantilesOf(delays);
  const { mean, p50, p95, p99, max } = quantiles;
  const details = { mean, p50, p95, p99, max, perSecond: PER_SECOND };
  const row = (name: keyof typeof RESPONSE, words: string) => {
    const what = `append to ${count} clients' states, ${PER_SECOND} a second: ${words}`;
    return [
      `response-${count}-${name}`,
      atMost(what, quantiles[name], "ms", RESPONSE[name], details),
    ];
  };
  return Object.fromEntries([row("mean", "mean"), row("p95", "p95"), row("p99", "p99")]);
}

/** The time from an append to the last of all clients, with and without throttle. */
function broadcastRow(plain: readonly number[], throttled: readonly number[]): TargetRow {
  const { p50, p95, p99, max } = quantilesOf(plain);
  const late = quantilesOf(throttled);
  const details = {
    p50,
    p95,
    p99,
    max,
    "p50 with a throttle of 100": late.p50,
    "p99 with a throttle of 100": late.p99,
    "the throttle's share of the mean": late.mean - quantilesOf(plain).mean,
  };
  return atMost(`append to the last of ${AUDIENCE} clients, p99`, p99, "ms", 50, details);
}

/** Milliseconds from an append to the consumers' states, with 20 and with 100 of them. They stay. */
export async function measureDelivering(crowd: Crowd, tokens: number): Promise<Named<TargetRow>> {
  await crowd.join(AUDIENCE, 200);
  await crowd.stamps(0, 4 * PER_SECOND, tokens); // warms up
  const few = await crowd.stamps(0, PER_SECOND, tokens);
  const throttled = await crowd.stamps(100, PER_SECOND, tokens);
  await crowd.join(100 - AUDIENCE, 200);
  const many = await crowd.stamps(0, PER_SECOND, tokens);
  return {
    [`broadcast-${AUDIENCE}`]: broadcastRow(few.broadcasts, throttled.broadcasts),
    ...responseRows(AUDIENCE, few.delays),
    ...responseRows(100, many.delays),
  };
}

/** Whether every client held exactly what was written, of all that ever should. */
export function deliveryRow({ delivered: { equal, due } }: Crowd): TargetRow {
  const what = "messages that a client holds exactly as written";
  return atLeast(what, (100 * equal) / due, "%", 100, { equal, due });
}
