import fc from "fast-check";
import { expect, test } from "vitest";
import { type Change, changesBetween } from "./changes.js";

/** The text after changes, which are in order and do not overlap. */
function changed(text: string, changes: readonly Change[]): string {
  let result = text;
  for (const { offset, removed, text: added } of [...changes].reverse()) {
    result = result.slice(0, offset) + added + result.slice(offset + removed);
  }
  return result;
}

test("the changes lead from one text to the other", () => {
  const word = fc.constantFrom("a", "b", "a long word that comes again and again ".repeat(5));
  const text = fc.array(word, { maxLength: 20 }).map((words) => words.join(""));
  fc.assert(
    fc.property(text, text, (before, after) => {
      const changes = changesBetween(before, after);
      expect(changed(before, changes)).toBe(after);
      for (const [i, { offset, removed }] of changes.entries()) {
        expect(offset + removed).toBeLessThanOrEqual(changes[i + 1]?.offset ?? before.length);
      }
    }),
    { numRuns: 2000 },
  );
});

test("edits far from each other are as many changes, and small", () => {
  const lines = Array.from({ length: 2000 }, (_, i) => `Line ${i} of this text, which is long.`);
  const before = lines.join("\n");
  const after = `Before all.\n${before}\nAnd more`
    .replace("Line 100 ", "Line one hundred ")
    .replace("Line 1500 of this text, ", "");
  const changes = changesBetween(before, after);
  expect(changed(before, changes)).toBe(after);
  expect(changes).toHaveLength(4);
  const sizes = changes.map(({ removed, text }) => removed + text.length);
  expect(Math.max(...sizes)).toBeLessThan(40);
});
