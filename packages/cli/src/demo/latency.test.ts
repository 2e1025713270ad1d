import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Latencies } from "./latency.js";

function of(values: Iterable<number>): Latencies {
  const latencies = new Latencies();
  for (const value of values) latencies.record(value);
  return latencies;
}

describe("Latencies", () => {
  it("is within 1 % of the exact percentile", () => {
    const values = fc.array(fc.double({ min: 0.002, max: 9e7, noNaN: true }), { minLength: 1 });
    const share = fc.double({ min: 0, max: 1, noNaN: true });
    fc.assert(
      fc.property(values, share, (all, p) => {
        const sorted = [...all].sort((a, b) => a - b);
        const exact = sorted[Math.max(1, Math.ceil(p * sorted.length)) - 1] ?? 0;
        const found = of(all).percentile(p);
        expect(found / exact).toBeGreaterThan(0.9999);
        expect(found / exact).toBeLessThan(1.0101);
      }),
    );
  });

  it("tells the median from the tail", () => {
    const latencies = of([...Array<number>(98).fill(2), 500, 700]);
    expect(latencies.percentile(0.5)).toBeCloseTo(2, 1);
    expect(latencies.percentile(0.99) / 500).toBeCloseTo(1, 1);
    expect(latencies.percentile(1)).toBe(700);
    expect(latencies.max).toBe(700);
    expect(latencies.count).toBe(100);
  });

  it("answers 0 when it has recorded nothing", () => {
    expect(of([]).percentile(0.5)).toBe(0);
  });

  it("takes a negative latency for none, and any length", () => {
    const latencies = of([-3, -0.1, 0]);
    expect(latencies.percentile(1)).toBe(0);
    expect(of([1e300]).percentile(0.5)).toBeGreaterThan(9e7);
  });

  it("refuses what is not a number", () => {
    expect(() => of([Number.NaN])).toThrow(RangeError);
  });
});
