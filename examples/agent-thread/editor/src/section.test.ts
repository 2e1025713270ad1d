import fc from "fast-check";
import { expect, test } from "vitest";
import { Section, type Splice } from "./section.js";

const apply = (text: string, { changedOffset, removed, text: inserted }: Splice): string => {
  expect(changedOffset + removed).toBeLessThanOrEqual(text.length);
  return text.slice(0, changedOffset) + inserted + text.slice(changedOffset + removed);
};

const line = fc.string({ maxLength: 6, unit: fc.constantFrom("a", "b", " ", "é", "👍", "👎") });
const edit = fc.record({ at: fc.nat(), count: fc.nat(4), lines: fc.array(line, { maxLength: 4 }) });

test("splices of any edits of lines lead to the text", () => {
  fc.assert(
    fc.property(fc.array(edit, { maxLength: 30 }), (edits) => {
      const section = new Section();
      const lines: string[] = [];
      let text = "";
      for (const { at, count, lines: next } of edits) {
        const first = at % (lines.length + 1);
        const last = Math.min(lines.length, first + count);
        text = apply(text, section.replace(first, last, next));
        lines.splice(first, last - first, ...next);
        expect([text, section.text, section.count]).toEqual([
          lines.join("\n"),
          lines.join("\n"),
          lines.length,
        ]);
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
] as const)("%s", (_title, before, first, last, lines, [changedOffset, removed, text]) => {
  const section = new Section();
  section.replace(0, 0, before);
  expect(section.replace(first, last, lines)).toEqual({ changedOffset, removed, text });
});
