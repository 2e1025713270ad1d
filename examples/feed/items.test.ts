import fc from "fast-check";
import { expect, test } from "vitest";
import { byTime, type Item, merge, pageOf } from "./items.js";

const item = fc
  .record({ minute: fc.nat(20), number: fc.nat(60) })
  .map(({ minute, number }): Item => {
    const at = new Date(Date.UTC(2026, 0, 5, 8, minute)).toISOString();
    return { id: `tasks-${number}-${minute}`, source: "tasks", at, author: "Ann", title: "" };
  });
const items = fc.uniqueArray(item, { selector: ({ id }) => id, maxLength: 60 });

test("pages follow each other: every item once, in order, also where some come in between", () => {
  fc.assert(
    fc.property(items, items, fc.integer({ min: 1, max: 7 }), (first, later, limit) => {
      const known = new Set(first.map(({ id }) => id));
      const all = [...first, ...later.filter(({ id }) => !known.has(id))];
      const shown: Item[] = [];
      let page = pageOf(first, limit);
      for (shown.push(...page.items); page.next; shown.push(...page.items)) {
        page = pageOf(all, limit, page.next);
      }
      expect(new Set(shown.map(({ id }) => id)).size).toBe(shown.length);
      expect(shown).toEqual([...shown].sort(byTime));
      const ids = new Set(shown.map(({ id }) => id));
      // What is new and stands before the page that was turned is not looked for again.
      expect(first.length <= limit || first.every(({ id }) => ids.has(id))).toBe(true);
    }),
  );
});

test("a cursor that is none is refused", () => {
  expect(() => pageOf([], 10, "nonsense")).toThrow("cursor is none");
});

test("batches merge to what sorting everything gives, each item once", () => {
  fc.assert(
    fc.property(fc.array(items, { maxLength: 6 }), (batches) => {
      const merged = batches.reduce<readonly Item[]>(merge, []);
      const unique = new Map(batches.flat().map((each) => [each.id, each]));
      expect(merged).toEqual([...unique.values()].sort(byTime));
    }),
  );
});
