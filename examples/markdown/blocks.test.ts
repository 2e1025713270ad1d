import fc from "fast-check";
import { expect, test } from "vitest";
import { type Block, Blocks } from "./blocks.js";
import { edit, markdown, placed } from "./testing/random-markdown.js";

const sources = (blocks: Blocks) => blocks.list.map(({ source }) => source);
const read = (text: string) => Blocks.empty.edit(0, 0, text);

/** The number of cases; more of them by the variable RUNS. */
const numRuns = Number(process.env.RUNS ?? 100);

test("after any edits, the blocks are those of the text read from scratch", () => {
  const essentials = ({ source, preamble, isVerbatim }: Block) => [source, preamble, isVerbatim];
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
