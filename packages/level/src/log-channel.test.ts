import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { runOf } from "./log-channel.js";

const upTo = (first: number, last: number): number[] =>
  Array.from({ length: Math.max(0, last - first + 1) }, (_, i) => first + i);

describe("runOf", () => {
  it.each([
    ["nothing", [], 0, { first: 1, last: 0, stray: [] }],
    ["records from the start", [1, 2, 3], 0, { first: 1, last: 3, stray: [] }],
    [
      "a hole: what is behind it leads nowhere",
      [1, 2, 4, 5],
      0,
      { first: 1, last: 2, stray: [4, 5] },
    ],
    ["a hole at the start", [2, 3], 0, { first: 1, last: 0, stray: [2, 3] }],
    ["a snapshot alone", [], 7, { first: 8, last: 7, stray: [] }],
    ["records around a snapshot", [6, 7, 8, 9], 7, { first: 6, last: 9, stray: [] }],
    ["records after a snapshot", [8, 9], 7, { first: 8, last: 9, stray: [] }],
    ["records that do not reach a snapshot", [4, 5], 7, { first: 8, last: 7, stray: [4, 5] }],
    ["a hole before a snapshot", [3, 4, 6, 7, 8], 7, { first: 6, last: 8, stray: [3, 4] }],
    ["a hole just before a snapshot's next", [5, 6, 8, 9], 7, { first: 8, last: 9, stray: [5, 6] }],
    ["a hole after a snapshot", [7, 9], 7, { first: 7, last: 7, stray: [9] }],
  ] as const)("%s", (_, indexes, snapshot, expected) => {
    expect(runOf(indexes, snapshot)).toEqual(expected);
  });

  it("has no hole, reaches the snapshot and loses no index that does", () => {
    const indexes = fc
      .uniqueArray(fc.integer({ min: 1, max: 30 }))
      .map((all) => all.sort((one, other) => one - other));
    fc.assert(
      fc.property(indexes, fc.integer({ min: 0, max: 30 }), (all, snapshot) => {
        const { first, last, stray } = runOf(all, snapshot);
        expect([...stray, ...upTo(first, last)].sort((one, other) => one - other)).toEqual(all);
        expect(first).toBeLessThanOrEqual(snapshot + 1);
        expect(last).toBeGreaterThanOrEqual(snapshot);
        expect(all).not.toContain(last + 1);
      }),
    );
  });
});
