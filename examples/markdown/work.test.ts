import { expect, test, vi } from "vitest";
import { type Block, Blocks } from "./blocks.js";
import { cut } from "./cut.js";

vi.mock("./cut.js", async (original) => {
  const module = await original<typeof import("./cut.js")>();
  return { ...module, cut: vi.fn(module.cut) };
});

const paragraphs = Array.from({ length: 500 }, (_, i) => `Paragraph ${i}.\n\n`);
const text = `${paragraphs.join("")}See [one] and [two].\n\n`;
const middle = text.indexOf("Paragraph 250");
const blocks = Blocks.empty.edit(0, 0, text);

/** How much an edit parsed, and how many blocks are others after it. */
function work(
  offset: number,
  removed: number,
  added: string,
): { readonly parsed: number; readonly changed: number } {
  const before = new Set<Block>(blocks.list);
  vi.mocked(cut).mockClear();
  const after = blocks.edit(offset, removed, added);
  const parsed = vi.mocked(cut).mock.calls.reduce((sum, [source]) => sum + source.length, 0);
  return { parsed, changed: after.list.filter((block) => !before.has(block)).length };
}

test.each([
  ["an append", text.length, 0, "word", 1],
  ["an edit in the middle", middle, 9, "Part", 1],
  ["a paragraph in the middle", middle, 0, "New.\n\n", 1],
  ["a list in the middle", middle, 0, "- a\n- b\n\n", 1],
  ["a paragraph that goes", middle, 16, "", 0],
])("%s parses what is near it", (_what, offset, removed, added, changed) => {
  const done = work(offset, removed, added);
  expect(done.changed).toBe(changed);
  expect(done.parsed).toBeLessThan(100);
});

test("a fence that is opened takes what follows, in steps that double", () => {
  const { parsed } = work(middle, 0, "```\n");
  expect(parsed).toBeLessThan(4 * (text.length - middle));
});

test("a definition changes those blocks that refer to it", () => {
  const { parsed, changed } = work(text.length, 0, "[one]: /a\n");
  expect(changed).toBe(2);
  expect(parsed).toBeLessThan(100);
});
