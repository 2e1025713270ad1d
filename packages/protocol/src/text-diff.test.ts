import type { Splice } from "@deltawire/spec";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { anyText } from "../../../spec/src/testing.js";
import { composeSplices } from "./splice-composition.js";
import { checkSplices, spliceString } from "./splices.js";
import { spliced } from "./testing/model.js";
import { boundary } from "./testing/script.js";
import { Text } from "./text.js";
import { diffText } from "./text-diff.js";

/** Fails unless splices are canonical, and lead from the one text to the other. */
function expectPath(previous: string, next: string, splices: readonly Splice[]): void {
  checkSplices(Text.of(previous), splices);
  for (const { removed, text } of splices) {
    expect(removed > 0 || text !== "").toBe(true);
    expect(text.isWellFormed()).toBe(true);
  }
  expect(spliced(previous, splices)).toBe(next);
  expect(spliceString(previous, splices)).toBe(next);
}

const edits = fc.array(fc.record({ at: fc.nat(), removed: fc.nat({ max: 12 }), text: anyText }), {
  maxLength: 5,
});
const base = fc.tuple(anyText, anyText, fc.nat({ max: 40 })).map(([a, b, n]) => a + b.repeat(n));

const edited = (text: string, list: readonly { at: number; removed: number; text: string }[]) =>
  list.reduce((current, { at, removed, text: inserted }) => {
    const start = boundary(current, at % (current.length + 1));
    const end = boundary(current, Math.min(current.length, start + removed));
    return current.slice(0, start) + inserted + current.slice(end);
  }, text);

describe("diffText", () => {
  it("leads from any text to any other", () => {
    fc.assert(
      fc.property(base, base, (a, b) => expectPath(a, b, diffText(a, b))),
      { numRuns: 300 },
    );
  });

  it("leads from a text to what edits made of it", () => {
    fc.assert(
      fc.property(base, edits, (text, list) => {
        const next = edited(text, list);
        expectPath(text, next, diffText(text, next));
      }),
      { numRuns: 500 },
    );
  });

  it("leads through texts of few different units, where many runs are equal", () => {
    const few = fc.string({
      unit: fc.constantFrom("a", "b", "😀", "😁"),
      maxLength: 60,
      size: "max",
    });
    fc.assert(
      fc.property(few, few, (a, b) => expectPath(a, b, diffText(a, b))),
      { numRuns: 500 },
    );
  });

  it("leads through long texts, line by line", () => {
    const lines = fc.array(
      fc.constantFrom("alpha\n", "beta 😀\n", "\n", "gamma delta\n", "no end"),
      {
        minLength: 400,
        maxLength: 1500,
        size: "max",
      },
    );
    fc.assert(
      fc.property(lines, edits, edits, lines, (list, some, more, other) => {
        const text = list.join("");
        const next = edited(text, [...some, ...more]);
        expectPath(text, next, diffText(text, next));
        expectPath(text, other.join(""), diffText(text, other.join("")));
      }),
      { numRuns: 30, endOnFailure: true }, // texts this long shrink for minutes
    );
  });

  it("finds an append, and nothing else", () => {
    fc.assert(
      fc.property(base, anyText, (text, more) => {
        const expected = { changed_offset: text.length, removed: 0, text: more };
        expect(diffText(text, text + more)).toEqual(more === "" ? [] : [expected]);
      }),
    );
  });

  const page = Array.from({ length: 20_000 }, (_, i) => `${i}: a line of the log, number ${i}\n`);
  const long = page.join("");

  it("takes several separate edits in a large text for several small ones", () => {
    const lines = page.slice();
    lines[10] = "10: a line of the log, status completed\n";
    lines.splice(9000, 2);
    lines[15_000] += "an inserted line\n";
    const next = `${lines.join("")}and the end`;
    const splices = diffText(long, next);
    expectPath(long, next, splices);
    expect(splices).toHaveLength(4);
    expect(splices.reduce((sum, { text }) => sum + text.length, 0)).toBeLessThan(100);
  });

  it("takes two edits in one long line for two", () => {
    const line = "0123456789abcdefghij".repeat(150);
    const next = `${line.slice(0, 100)}X${line.slice(101, 2500)}YY${line.slice(2500)}`;
    expect(diffText(line, next)).toEqual([
      { changed_offset: 100, removed: 1, text: "X" },
      { changed_offset: 2500, removed: 0, text: "YY" },
    ]);
  });

  it("gives up on texts that have nothing in common, and states the other one", () => {
    const other = long.replace(/./g, (unit) => String.fromCharCode(unit.charCodeAt(0) + 200));
    expectPath(long, other, diffText(long, other));
    const noise = Array.from({ length: 30_000 }, (_, i) => (i * 7919) % 1009).join(" ");
    const more = Array.from({ length: 30_000 }, (_, i) => (i * 6101) % 1013).join(" ");
    expectPath(noise, more, diffText(noise, more));
  });

  it.each([
    ["the last half", "a😀", "a😁", [{ changed_offset: 1, removed: 2, text: "😁" }]],
    [
      "an insertion between halves",
      "😀",
      "😁x😀",
      [{ changed_offset: 0, removed: 2, text: "😁x😀" }],
    ],
    [
      "the first half",
      "x\u{1f600}y",
      "x\u{1fa00}y",
      [{ changed_offset: 1, removed: 2, text: "\u{1fa00}" }],
    ],
    ["from nothing", "", "😀", [{ changed_offset: 0, removed: 0, text: "😀" }]],
    ["to nothing", "😀", "", [{ changed_offset: 0, removed: 2, text: "" }]],
    ["at offset 0", "first", "FIRST", [{ changed_offset: 0, removed: 5, text: "FIRST" }]],
  ])("keeps surrogate pairs whole: %s", (_, previous, next, expected) => {
    const splices = diffText(previous, next);
    expectPath(previous, next, splices);
    expect(splices).toEqual(expected);
  });
});

describe("composeSplices", () => {
  const canonical = (
    text: string,
    cuts: readonly number[],
    inserted: readonly string[],
  ): Splice[] => {
    const ends = cuts.map((cut) => boundary(text, cut % (text.length + 1))).sort((a, b) => a - b);
    const splices: Splice[] = [];
    let last = -1;
    for (let i = 0; i + 1 < ends.length; i += 2) {
      const [start = 0, end = 0] = ends.slice(i, i + 2);
      const piece = inserted[i / 2] ?? "";
      if (start <= last || (start === end && piece === "")) continue;
      splices.push({ changed_offset: start, removed: end - start, text: piece });
      last = end;
    }
    return splices;
  };
  const cuts = fc.array(fc.nat({ max: 500 }), { maxLength: 8 });
  const pieces = fc.array(anyText, { maxLength: 4 });

  it("does what both do, and stays canonical", () => {
    fc.assert(
      fc.property(base, cuts, pieces, cuts, pieces, (text, c1, p1, c2, p2) => {
        const first = canonical(text, c1, p1);
        const middle = spliced(text, first);
        const second = canonical(middle, c2, p2);
        const end = spliced(middle, second);
        expectPath(text, end, composeSplices(first, second));
      }),
      { numRuns: 1000 },
    );
  });
});

describe("checkSplices", () => {
  const text = Text.of("a😀bc");
  it.each([
    ["past the end", [{ changed_offset: 6, removed: 0, text: "x" }], "offset_out_of_range", 0],
    [
      "removed past the end",
      [{ changed_offset: 4, removed: 2, text: "" }],
      "offset_out_of_range",
      0,
    ],
    [
      "beginning in a pair",
      [{ changed_offset: 2, removed: 1, text: "" }],
      "inside_surrogate_pair",
      0,
    ],
    ["ending in a pair", [{ changed_offset: 1, removed: 1, text: "" }], "inside_surrogate_pair", 0],
    [
      "adjacent",
      [
        { changed_offset: 0, removed: 1, text: "" },
        { changed_offset: 1, removed: 0, text: "x" },
      ],
      "malformed",
      1,
    ],
    [
      "overlapping",
      [
        { changed_offset: 0, removed: 3, text: "" },
        { changed_offset: 1, removed: 2, text: "x" },
      ],
      "malformed",
      1,
    ],
    [
      "out of order",
      [
        { changed_offset: 4, removed: 1, text: "" },
        { changed_offset: 0, removed: 1, text: "" },
      ],
      "malformed",
      1,
    ],
  ] as const)("refuses splices %s", (_, splices, code, index) => {
    const path = `/splices/${index}/changed_offset`;
    expect(() => checkSplices(text, splices)).toThrow(expect.objectContaining({ code, path }));
  });

  it("takes the end, and the same place as nothing else", () => {
    checkSplices(text, [{ changed_offset: 5, removed: 0, text: "x" }]);
    checkSplices(text, [
      { changed_offset: 0, removed: 0, text: "" },
      { changed_offset: 1, removed: 2, text: "" },
    ]);
    checkSplices(Text.empty, []);
  });
});
