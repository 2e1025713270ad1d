import { fromMarkdown, type Options } from "mdast-util-from-markdown";
import { gfmFromMarkdown } from "mdast-util-gfm";
import { gfm } from "micromark-extension-gfm";
import { type Definitions, definitionsIn, isContainer, labelsOf, type Node } from "./references.js";

/** Part of a text that Markdown reads alike alone and among the others: mostly one block. */
export interface Piece {
  /** From the beginning of its first line to the beginning of the next piece. */
  readonly source: string;
  /** Whether it ends in what is taken as it is: code, HTML. */
  readonly isVerbatim: boolean;
  /** What it may refer to. */
  readonly labels: ReadonlySet<string>;
  /** What it defines. */
  readonly defines: Definitions;
}

/** What stands inside a line does not say where blocks begin, and is four fifths of the work. */
const INLINE = [
  ...["attention", "autolink", "codeText", "labelStartImage", "labelStartLink", "labelEnd"],
  ...["htmlText", "hardBreakEscape", "strikethrough", "wwwAutolink", "protocolAutolink"],
  ...["emailAutolink", "gfmFootnoteCall", "gfmPotentialFootnoteCall", "tasklistCheck"],
];
const OPTIONS: Options = {
  extensions: [gfm(), { disable: { null: INLINE } }],
  mdastExtensions: gfmFromMarkdown().filter(({ transforms }) => transforms === undefined),
};

/**
 * Cuts a text where a block begins outside of all others: there Markdown is as at the beginning of
 * a text. Not so while the parser has the block before still open, see {@link isOpen}: what begins
 * there stays with it.
 */
export function cut(text: string): Piece[] {
  if (text === "") return [];
  const groups: Node[][] = [];
  const starts: number[] = [];
  let before: Node | undefined;
  for (const node of fromMarkdown(text, OPTIONS).children) {
    const start = lineStart(text, node.position?.start.offset ?? 0);
    const between = text.slice(before?.position?.end.offset ?? 0, start);
    if (before && isOpen(before, node, text, between)) groups.at(-1)?.push(node);
    else {
      groups.push([node]);
      starts.push(start);
    }
    before = node;
  }
  if (groups.length === 0) groups.push([]);
  starts[0] = 0;
  return groups.map((nodes, i) => {
    const source = text.slice(starts[i], starts[i + 1]);
    const defines = definitionsIn(nodes);
    return { source, isVerbatim: isVerbatim(nodes), labels: labelsOf(source), defines };
  });
}

/**
 * Whether a block is still open when the next one begins: an indented line would not be code then,
 * nor `2.` a list. Paragraphs and link reference definitions up to a blank line, indented code even
 * after that; and to this parser it also matters what is on the line before indented code.
 *
 * @param between the one and the other
 */
function isOpen(before: Node, next: Node, text: string, between: string): boolean {
  if (isIndented(before, text)) return true;
  const isText = before.type === "paragraph" || before.type === "definition";
  return (isText || isIndented(next, text)) && !BLANK_LINE.test(between);
}

function isIndented({ type, position }: Node, text: string): boolean {
  return type === "code" && !"`~".includes(text.charAt(position?.start.offset ?? 0));
}

const BLANK_LINE = /(?:\r\n|\n|\r(?!\n))[\t ]*[\r\n]/;

/** Where the line begins, of which only indentation is before the offset. */
function lineStart(text: string, offset: number): number {
  let at = offset;
  while (at > 0 && !"\r\n".includes(text.charAt(at - 1))) at -= 1;
  return at;
}

function isVerbatim(nodes: readonly Node[]): boolean {
  const last = nodes.at(-1);
  if (last && isContainer(last)) return isVerbatim(last.children);
  return last?.type === "code" || last?.type === "html";
}
