import type { Splice } from "@deltawire/spec";
import fc from "fast-check";
import { describe, expect, test, vi } from "vitest";
import { anyText } from "../../../spec/src/testing.js";
import { spliced } from "./testing/model.js";
import { boundary } from "./testing/script.js";
import { Text } from "./text.js";
import { textChanges } from "./text-changes.js";
import { diffText } from "./text-diff.js";
import { LEAF } from "./text-tree.js";

vi.mock("./text-diff.js", { spy: true });

const splice = (text: Text, at: number, removed: number, inserted: string): Text => {
  const flat = text.toString();
  const start = boundary(flat, at % (flat.length + 1));
  const end = boundary(flat, Math.min(flat.length, start + removed));
  return text.splice(start, end - start, inserted);
};

/** Many lines, each another one. */
const lines = (count: number) => Array.from({ length: count }, (_, i) => `Line ${i}.\n`).join("");

describe("the changes between two versions of a text", () => {
  const edit = fc.record({
    at: fc.oneof(fc.nat(), fc.constant(0)),
    removed: fc.oneof(fc.nat({ max: 5 }), fc.nat({ max: 9000 })),
    text: fc.oneof(anyText, fc.nat({ max: 1000 }).map(lines)),
  });

  test("lead from the one to the other, whatever lies between", () => {
    const base = fc.tuple(anyText, fc.nat({ max: 2000 })).map(([text, n]) => text + lines(n));
    fc.assert(
      fc.property(base, fc.array(edit, { maxLength: 8 }), fc.boolean(), (text, edits, isBack) => {
        const before = Text.of(text);
        const after = edits.reduce(
          (now, { at, removed, text }) => splice(now, at, removed, text),
          before,
        );
        const [from, to] = isBack ? [after, before] : [before, after];
        expect(spliced(from.toString(), textChanges(from, to))).toBe(to.toString());
      }),
      { numRuns: 300 },
    );
  });

  test("leave what is far from each edit alone", () => {
    const before = Text.of(lines(50_000));
    const after = before.splice(5, 1, "zero").splice(400_000, 3, "").append("the end");
    const changes = textChanges(before, after);
    expect(changes.map(({ changed_offset, removed }) => [changed_offset, removed])).toEqual([
      [5, 1],
      [399_997, 3],
      [before.length, 0],
    ]);
  });

  test("leave what stays alone, however much comes with an edit of something else", () => {
    const middle = `${lines(200)}😀${"a long paragraph that stays, word by word, and has no line feed, ".repeat(9)}`;
    const before = Text.of(`Status: running\n${middle}😀`);
    const after = Text.of(
      `Status: completed\n${lines(2000).replaceAll("i", "😁")}${middle}${lines(2000)}`,
    );
    const changes = textChanges(before, after);
    expect(spliced(before.toString(), changes)).toBe(after.toString());
    const start = "Status: running\n".length;
    const isOutside = ({ changed_offset, removed }: Splice) =>
      changed_offset + removed <= start || changed_offset >= start + middle.length;
    expect(changes.filter((change) => !isOutside(change))).toEqual([]);
  });

  test("are few between texts that share nothing", () => {
    const text = lines(1000);
    expect(textChanges(Text.of(text), Text.of(`${text}more`))).toEqual([
      { changed_offset: text.length, removed: 0, text: "more" },
    ]);
    expect(textChanges(Text.empty, Text.of("a"))).toEqual([
      { changed_offset: 0, removed: 0, text: "a" },
    ]);
    expect(textChanges(Text.of("a"), Text.empty)).toEqual([
      { changed_offset: 0, removed: 1, text: "" },
    ]);
    expect(textChanges(Text.empty, Text.empty)).toEqual([]);
  });

  test.each([1 << 16, 1 << 22])("look at no more in a text of %i units", (length) => {
    let text = Text.of("0123456789abcde\n".repeat(length / 16));
    for (let i = 0; i < 1000; i++) {
      const next = i % 2 ? text.append("token ") : text.splice((i * 7919) % length, 2, "ab");
      vi.mocked(diffText).mockClear();
      textChanges(text, next);
      const looked = vi
        .mocked(diffText)
        .mock.calls.flat()
        .reduce((sum, { length: n }) => sum + n, 0);
      expect(looked).toBeLessThan(8 * LEAF);
      text = next;
    }
  });
});
