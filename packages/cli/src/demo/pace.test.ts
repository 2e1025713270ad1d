import { describe, expect, it } from "vitest";
import { type Clock, pace, systemClock } from "./pace.js";

/** A clock that only sleeping moves, and that may wake late or early. */
function fakeClock(wake: (milliseconds: number) => number = (ms) => ms): Clock & { time: number } {
  return {
    time: 5000,
    now() {
      return this.time;
    },
    sleep(milliseconds) {
      this.time += wake(milliseconds);
      return Promise.resolve();
    },
  };
}

async function times<T>(
  items: readonly T[],
  rate: number,
  clock: Clock,
): Promise<[number, readonly T[]][]> {
  const batches: [number, readonly T[]][] = [];
  for await (const batch of pace(items, rate, clock))
    batches.push([Math.round(clock.now() - 5000), batch]);
  return batches;
}

const numbers = (count: number): number[] => Array.from({ length: count }, (_, n) => n);

describe("pace", () => {
  it("yields the first item at once, and the others on time", async () => {
    expect(await times(["a", "b", "c"], 10, fakeClock())).toEqual([
      [0, ["a"]],
      [100, ["b"]],
      [200, ["c"]],
    ]);
  });

  it("does not drift, whatever the rate and however late it is woken", async () => {
    for (const rate of [3, 7, 50, 99.9, 1000]) {
      const clock = fakeClock((ms) => ms + 3.7);
      const batches = await times(numbers(1000), rate, clock);
      expect(batches.flatMap(([, batch]) => batch)).toEqual(numbers(1000));
      const last = (999 * 1000) / rate;
      expect(clock.time - 5000).toBeGreaterThanOrEqual(last - 0.001);
      expect(clock.time - 5000).toBeLessThan(last + 3.8);
    }
  });

  it("yields nothing early, even when it is woken early", async () => {
    const clock = fakeClock((ms) => Math.max(ms * 0.6, 0.01));
    let next = 0;
    for await (const batch of pace(numbers(40), 20, clock)) {
      next += batch.length;
      expect(clock.time - 5000).toBeGreaterThanOrEqual((next - 1) * 50 - 0.001);
    }
    expect(next).toBe(40);
  });

  it("yields together what is due together", async () => {
    expect(
      await times(
        numbers(10),
        1000,
        fakeClock(() => 4),
      ),
    ).toEqual([
      [0, [0]],
      [4, [1, 2, 3, 4]],
      [8, [5, 6, 7, 8]],
      [12, [9]],
    ]);
  });

  it("counts the time that its reader takes", async () => {
    const clock = fakeClock();
    const sizes: number[] = [];
    for await (const batch of pace(numbers(10), 10, clock)) {
      sizes.push(batch.length);
      if (sizes.length === 1) clock.time += 450;
    }
    expect(sizes).toEqual([1, 4, 1, 1, 1, 1, 1]);
  });

  it("yields everything at once at an infinite rate", async () => {
    expect(await times([1, 2, 3], Number.POSITIVE_INFINITY, fakeClock())).toEqual([[0, [1, 2, 3]]]);
  });

  it("ends at once when there is nothing", async () => {
    expect(await times([], 1, fakeClock())).toEqual([]);
  });

  it.each([0, -1, Number.NaN])("refuses a rate of %d", async (rate) => {
    await expect(pace([1], rate, fakeClock()).next()).rejects.toThrow(RangeError);
  });

  it("runs on the process's clock", async () => {
    const before = systemClock.now();
    for await (const _ of pace([1, 2], 200)); // 5 ms apart
    expect(systemClock.now() - before).toBeGreaterThanOrEqual(4.9);
  });
});
