import { diffText } from "@deltawire/protocol/differences";
import fc from "fast-check";
import { expect, test } from "vitest";
import { textSegments } from "./text-segments.js";

test("what is not folded tells both texts", () => {
  const text = fc.string({ unit: "grapheme", maxLength: 60 });
  fc.assert(
    fc.property(text, text, (before, after) => {
      const segments = textSegments(before, diffText(before, after));
      const without = (mark: "added" | "removed") =>
        segments.map((each) => (each.mark === mark ? "" : each.text)).join("");
      expect(segments.every(({ mark }) => mark !== "fold")).toBe(true);
      expect(without("added")).toBe(before);
      expect(without("removed")).toBe(after);
    }),
  );
});

test("what did not change is folded, but for its ends beside an edit", () => {
  const long = "x".repeat(10_000);
  const splices = [{ changed_offset: 5000, removed: 2, text: "new" }];
  expect(textSegments(long, splices)).toEqual([
    { text: " … 4,920 units … ", mark: "fold" },
    { text: "x".repeat(80) },
    { text: "xx", mark: "removed" },
    { text: "new", mark: "added" },
    { text: "x".repeat(80) },
    { text: " … 4,918 units … ", mark: "fold" },
  ]);
});
