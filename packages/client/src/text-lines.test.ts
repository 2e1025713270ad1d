import fc from "fast-check";
import { expect, test } from "vitest";
import { TextLines, type TextSplice } from "./lines.js";

const apply = (text: string, [changedOffset, removed, inserted]: TextSplice): string => {
  expect(changedOffset + removed).toBeLessThanOrEqual(text.length);
  return text.slice(0, changedOffset) + inserted + text.slice(changedOffset + removed);
};

const line = fc.string({ maxLength: 6, unit: fc.constantFrom("a", "b", " ", "é", "👍", "👎") });
const edit = fc.record({ at: fc.nat(), count: fc.nat(4), lines: fc.array(line, { maxLength: 4 }) });

test("L2: splices of any edits of lines lead to the text, and none is longer than what differs", () => {
  fc.assert(
    fc.property(fc.array(edit, { maxLength: 30 }), (edits) => {
      const held = new TextLines();
      const lines: string[] = [];
      let text = "";
      for (const { at, count, lines: next } of edits) {
        const first = at % (lines.length + 1);
        const last = Math.min(lines.length, first + count);
        const splice = held.replace(first, last, next);
        const [offset, removed, inserted] = splice;
        const was = text.slice(offset, offset + removed);
        text = apply(text, splice);
        lines.splice(first, last - first, ...next);
        expect([text, held.text, held.count]).toEqual([
          lines.join("\n"),
          lines.join("\n"),
          lines.length,
        ]);
        if (was !== "" && inserted !== "") {
          expect(was[0]).not.toBe(inserted[0]);
          expect(was.at(-1)).not.toBe(inserted.at(-1));
        }
      }
    }),
  );
});

test.each([
  ["a character at the end is an append", ["one", "tw"], 1, 2, ["two"], [6, 0, "o"]],
  ["a new line at the end is one", ["one"], 1, 1, ["two"], [3, 0, "\ntwo"]],
  ["a line that is split costs its line feed", ["one two"], 0, 1, ["one", "two"], [3, 1, "\n"]],
  ["in the middle only what differs", ["a", "b 👍 c", "d"], 1, 2, ["b 👍 👍 c"], [7, 0, "👍 "]],
  ["the first lines", ["a", "b", "c"], 0, 2, [], [0, 4, ""]],
  ["the last lines", ["a", "b", "c"], 1, 3, [], [1, 4, ""]],
  ["nothing for nothing", ["a"], 0, 1, ["a"], [1, 0, ""]],
] as const)("%s", (_title, before, first, last, lines, splice) => {
  const held = new TextLines();
  held.replace(0, 0, before);
  expect(held.replace(first, last, lines)).toEqual(splice);
});

test("more lines at once than a call can have arguments", () => {
  const many = Array.from({ length: 300_000 }, (_, i) => `${i}`);
  const held = new TextLines();
  held.replace(0, 0, ["first", "last"]);
  expect(held.replace(1, 1, many)[0]).toBe("first\n".length);
  expect(held.count).toBe(many.length + 2);
  expect(held.text).toBe(["first", ...many, "last"].join("\n"));
});

test.each([
  [-1, 1],
  [0.5, 1],
  [0, Number.NaN],
  [2, 1],
  [0, 3],
])("there are no lines %d to %d of two: refused, and nothing has changed", (first, last) => {
  const held = new TextLines();
  held.replace(0, 0, ["a", "b"]);
  expect(() => held.replace(first, last, ["c"])).toThrow(RangeError);
  expect(held.text).toBe("a\nb");
});
