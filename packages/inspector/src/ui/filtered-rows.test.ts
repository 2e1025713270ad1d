import fc from "fast-check";
import { expect, test } from "vitest";
import type { Row } from "../row.js";
import { FilteredRows } from "./filtered-rows.js";

/** Rows of which every one is its number; the test looks at nothing else of them. */
class Numbers {
  first = 0;
  end = 0;

  row(number: number): Row | undefined {
    if (number < this.first || number >= this.end) return undefined;
    return { row: number } as Row; // a filter of this test reads nothing else
  }
}

test("whatever comes and goes, it has what passes, in order, and finds it", () => {
  const step = fc.record({
    added: fc.nat({ max: 700 }),
    gone: fc.nat({ max: 700 }),
    every: fc.option(fc.integer({ min: 1, max: 5 }), { freq: 3 }),
    ms: fc.constantFrom(0, 1000),
  });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 30 }), (steps) => {
      const rows = new Numbers();
      const shown = new FilteredRows(rows);
      let every = 1;
      for (const { added, gone, every: other, ms } of steps) {
        rows.end += added;
        rows.first = Math.min(rows.end, rows.first + gone);
        if (other !== null) {
          every = other;
          shown.restart(({ row }) => row % other === 0);
        }
        const before = Array.from({ length: shown.length }, (_, i) => shown.at(i) ?? -1);
        const dropped = shown.advance(ms);
        expect(dropped).toBe(before.filter((row) => row < rows.first).length);
      }
      while (!shown.isComplete) shown.advance(1000);
      const wanted: number[] = [];
      for (let i = rows.first; i < rows.end; i++) if (i % every === 0) wanted.push(i);
      expect(Array.from({ length: shown.length }, (_, i) => shown.at(i))).toEqual(wanted);
      expect(wanted.every((row, i) => shown.indexOf(row) === i)).toBe(true);
      expect(shown.indexOf(rows.end)).toBeUndefined();
      expect(shown.indexFrom(rows.end)).toBe(wanted.length);
    }),
  );
});

test("a slice of no time looks at some rows, and not at all of them", () => {
  const rows = new Numbers();
  rows.end = 100_000;
  const shown = new FilteredRows(rows);
  shown.advance(0);
  expect(shown.length).toBeGreaterThan(0);
  expect(shown.isComplete).toBe(false);
});
