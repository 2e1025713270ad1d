import fc from "fast-check";
import { expect, test } from "vitest";
import { type Block, Blocks } from "./blocks.js";
import { edit, markdown, placed } from "./testing/random-markdown.js";

const sources = (blocks: Blocks) => blocks.list.map(({ source }) => source);
const read = (text: string) => Blocks.empty.edit(0, 0, text);

/** The number of cases; more of them by the variable RUNS. */
const numRuns = Number(process.env.RUNS ?? 100);

const essentials = ({ source, preamble, isVerbatim }: Block) => [source, preamble, isVerbatim];

/** Where a block begins is not what it seems. */
const TRAPS = [
  "\tfour\n2) two\n- | -\n",
  "    four\n\n2. two\n\n3. three\n",
  "> ~~~\n    four\n10. ten\n",
  ">\n    four\n    four\n",
  "a\n- -\nword\n",
  "[a]: /b\n    four\n\n[a]\n",
  "[a]:\n/b\n'title\nof two lines'\n\n[a]\n",
  "word\n| a |\n|---|\n| b |\n\n    four\n",
  "word\n\n===\n\n---\n",
  "- a\n\n  b\n\n c\n",
  "> a\nlazy\n> b\n\n# c\n",
  "~~~\na\n\nb\n~~~\nc\n\n~~~\n",
  "<div>\n*a*\n\n*b*\n</div>\n\n<!--\n\nc\n\n-->\nd\n",
  "[^n]: note\n\n    more\n\nword[^n]\n",
  "a\r\n\r\nb\rc\r\r# d\r\n",
];

test.each(TRAPS)("an edit anywhere in %j", (text) => {
  const blocks = read(text);
  for (let at = 0; at <= text.length; at++) {
    for (const [removed, added] of [
      [0, ""],
      [0, "\n"],
      [0, "a"],
      [1, ""],
      [3, "\n\n"],
    ] as const) {
      if (at + removed > text.length) continue;
      const edited = text.slice(0, at) + added + text.slice(at + removed);
      const after = blocks.edit(at, removed, added).list.map(essentials);
      expect(after, JSON.stringify(edited)).toEqual(read(edited).list.map(essentials));
    }
  }
});

test("after any edits, the blocks are those of the text read from scratch", () => {
  fc.assert(
    fc.property(markdown(30), fc.array(edit, { maxLength: 12 }), (start, edits) => {
      let text = start;
      let blocks = read(start);
      for (const random of edits) {
        const { at, removed, text: inserted } = placed(random, text);
        text = text.slice(0, at) + inserted + text.slice(at + removed);
        blocks = blocks.edit(at, removed, inserted);
        expect(blocks.list.map(essentials)).toEqual(read(text).list.map(essentials));
        expect(sources(blocks).join("")).toBe(text);
        expect(new Set(blocks.list.map(({ id }) => id)).size).toBe(blocks.list.length);
      }
    }),
    { numRuns },
  );
}, 3_600_000);
