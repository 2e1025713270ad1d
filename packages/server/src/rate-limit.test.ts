import { describe, expect, test } from "vitest";
import { ANYBODY } from "./access.js";
import { RateLimits, TokenBucket } from "./rate-limit.js";

const ann = { id: "ann" };
const bob = { id: "bob" };
const quotas = {
  connections: 3,
  connectionsPerPrincipal: 2,
  framesPerSecond: 10,
  bytesPerSecond: 1000,
};

describe("a bucket", () => {
  test("gives what is in it, then as much as comes in", () => {
    const bucket = new TokenBucket(10);
    for (let i = 0; i < 10; i++) {
      expect(bucket.wait(5)).toBe(0);
      bucket.take(1, 5);
    }
    expect(bucket.wait(5)).toBe(1);
    expect(bucket.wait(6)).toBe(0);
    bucket.take(1, 6);
    expect(bucket.wait(6)).toBe(99);
    expect(bucket.wait(106)).toBe(0);
  });

  test("lets more be taken than is in it, and gives nothing until that is paid", () => {
    const bucket = new TokenBucket(10);
    bucket.take(35, 0);
    expect(bucket.wait(0)).toBe(2500);
    expect(bucket.wait(2499)).toBe(1);
    expect(bucket.wait(2501)).toBe(0);
  });

  test("never holds more than a second's worth", () => {
    const bucket = new TokenBucket(10);
    bucket.take(10, 0);
    expect(bucket.isFull(999)).toBe(false);
    expect(bucket.isFull(1_000_000)).toBe(true);
    bucket.take(10, 1_000_000);
    expect(bucket.wait(1_000_000)).toBe(1);
  });

  test("gives nothing for a clock that goes back", () => {
    const bucket = new TokenBucket(10);
    bucket.take(20, 10_000);
    expect(bucket.wait(0)).toBe(1000);
    expect(bucket.wait(10_500)).toBe(500);
  });
});

describe("limits", () => {
  test("of frames and of bytes, whichever is reached first", () => {
    const limits = new RateLimits(quotas);
    const meter = limits.enter(ann);
    for (let i = 0; i < 10; i++) expect(meter?.take(1, 1, 0)).toBe(0);
    expect(meter?.take(1, 1, 0)).toBe(1);
    const other = limits.enter(bob);
    expect(other?.take(1, 3000, 0)).toBe(0);
    expect(other?.take(1, 1, 0)).toBe(2000);
    expect(other?.take(1, 1, 2001)).toBe(0);
  });

  test("of a principal count over its connections", () => {
    const limits = new RateLimits(quotas);
    const meters = [limits.enter(ann), limits.enter(ann)];
    expect(meters[0]?.take(1, 3000, 0)).toBe(0);
    for (const meter of meters) expect(meter?.take(1, 1, 0)).toBe(2000);
    expect(limits.enter(ann)).toBeUndefined();
    expect(limits.enter(bob)?.take(1, 1, 0)).toBe(0);
  });

  /** Uses something as somebody who comes and goes. */
  const pass = (limits: RateLimits, id: string, bytes: number, now = 0) => {
    const meter = limits.enter({ id });
    const wait = meter?.take(1, bytes, now);
    if (meter) limits.leave({ id }, meter, now);
    return wait;
  };

  test("leave no debt behind by leaving, and coming anew", () => {
    const limits = new RateLimits(quotas);
    expect(pass(limits, "ann", 3000)).toBe(0);
    expect(pass(limits, "ann", 1)).toBe(2000);
    expect(limits.enter(ann)?.take(1, 1, 0)).toBe(2000);
    expect(limits.size).toBe(1);
  });

  test("forget who has left and owes nothing", () => {
    const limits = new RateLimits(quotas);
    const meter = limits.enter(ann);
    if (meter) limits.leave(ann, meter, 0);
    expect(limits.size).toBe(0);
    pass(limits, "ann", 10);
    expect(limits.size).toBe(1);
    const again = limits.enter(ann);
    if (again) limits.leave(ann, again, 1000);
    expect(limits.size).toBe(0);
  });

  test("of anybody are each connection's own", () => {
    const limits = new RateLimits(quotas);
    const meters = [1, 2, 3].map(() => limits.enter(ANYBODY));
    expect(meters[0]?.take(1, 3000, 0)).toBe(0);
    expect(meters[0]?.take(1, 3000, 0)).toBe(2000);
    expect(meters[1]?.take(1, 1, 0)).toBe(0);
    expect(meters[2]).toBeDefined();
    expect(limits.size).toBe(0);
  });

  test("of connections in all", () => {
    const limits = new RateLimits(quotas);
    expect([1, 2, 3, 4].map(() => limits.connect())).toEqual([true, true, true, false]);
    limits.disconnect();
    expect(limits.connect()).toBe(true);
  });

  test("are remembered for a bounded number of those who are gone, and for all who are here", () => {
    const limits = new RateLimits(quotas);
    const here = limits.enter(ann);
    here?.take(1, 3000, 0);
    for (let i = 0; i < 20_000; i++) pass(limits, `p${i}`, 1);
    expect(limits.size).toBe(10_001);
    expect(limits.enter(ann)).toBe(here);
  });
});
