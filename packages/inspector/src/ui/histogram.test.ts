import fc from "fast-check";
import { expect, test } from "vitest";
import type { Row } from "../row.js";
import { Histogram } from "./histogram.js";

const row = (at: number, size: number, direction: "sent" | "received"): Row =>
  ({ at, size, direction }) as Row; // it reads nothing else

test("no byte is lost, however long it goes on", () => {
  const rows = fc.array(
    fc.record({
      pause: fc.oneof(fc.double({ min: 0, max: 50, noNaN: true }), fc.nat({ max: 10_000_000 })),
      size: fc.nat({ max: 5000 }),
      isSent: fc.boolean(),
    }),
    { minLength: 1, maxLength: 300 },
  );
  fc.assert(
    fc.property(rows, fc.integer({ min: 1, max: 500 }), (rows, count) => {
      const histogram = new Histogram();
      let at = 1000;
      const sums = { sent: 0, received: 0 };
      for (const { pause, size, isSent } of rows) {
        at += pause;
        const direction = isSent ? "sent" : "received";
        histogram.add(row(at, size, direction), false);
        sums[direction] += size;
      }
      const columns = histogram.columns(histogram.start ?? 0, histogram.end, count);
      expect(columns.length).toBe(count);
      expect(columns.reduce((sum, { sent }) => sum + sent, 0)).toBe(sums.sent);
      expect(columns.reduce((sum, { received }) => sum + received, 0)).toBe(sums.received);
    }),
  );
});

test("bytes stand where they were", () => {
  const histogram = new Histogram();
  for (let at = 0; at < 100_000; at += 10)
    histogram.add(row(at, at < 50_000 ? 1 : 3, "sent"), at === 95_000);
  const columns = histogram.columns(0, 100_000, 10);
  const near = (count: number) => [expect.closeTo(count, -2)].flat()[0];
  expect(columns.map(({ sent }) => sent)).toEqual([
    ...Array.from({ length: 5 }, () => near(1000)),
    ...Array.from({ length: 5 }, () => near(3000)),
  ]);
  expect(columns.map(({ isNotable }) => isNotable).indexOf(true)).toBe(9);
  histogram.forget(50_000);
  expect(histogram.start).toBe(50_000);
});
