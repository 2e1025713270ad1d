/** Time, handed in: milliseconds from any origin, never going back. */
export interface Clock {
  now(): number;
  /** May wake a little early or late. */
  sleep(milliseconds: number): Promise<void>;
}

/** The process's monotonic clock. */
export const systemClock: Clock = {
  now: () => performance.now(),
  sleep: (milliseconds) => new Promise((wake) => setTimeout(wake, milliseconds)),
};

/**
 * Yields `items` at `rate` items a second, the first at once. Due times are counted from the
 * start, so a late wake-up delays nothing that follows; whatever is due together comes together.
 *
 * @param rate items a second; `Infinity` for all at once
 * @throws RangeError if the rate is not above zero
 */
export async function* pace<T>(
  items: readonly T[],
  rate: number,
  clock: Clock = systemClock,
): AsyncGenerator<readonly T[], void, undefined> {
  if (!(rate > 0))
    throw new RangeError(`a rate of ${rate} items a second never ends; give a rate above 0`);
  const interval = 1000 / rate;
  const start = clock.now();
  let next = 0;
  while (next < items.length) {
    const wait = start + next * interval - clock.now();
    if (wait > 0) {
      await clock.sleep(wait);
      continue;
    }
    const elapsed = clock.now() - start;
    const due = interval === 0 ? items.length : Math.floor(elapsed / interval) + 1;
    const batch = items.slice(next, Math.max(next + 1, due));
    next += batch.length;
    yield batch;
  }
}
