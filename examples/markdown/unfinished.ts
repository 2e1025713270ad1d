import type { Block } from "./blocks.js";

/**
 * The source of a block that still grows, as it will probably look: what is shown need not be taken
 * back when more comes.
 *
 * - A last line of marks alone waits for its next character: `-` may become a list, the line under
 *   a heading, a rule or a table's second line.
 * - The first line of a table is a table.
 * - What is bold, struck or code so far is closed; of a link there is the text.
 */
export function finished({ source, isVerbatim }: Block): string {
  const at = source.lastIndexOf("\n") + 1;
  const line = source.slice(at);
  const lead = source.slice(0, at);
  if (isVerbatim) return CLOSING_FENCE.test(line) ? lead : source;
  return withDelimiters(closed(MARKS.test(line) ? lead : source));
}

const CLOSING_FENCE = /^[\s>]*[`~]+$/;

/** Marks of blocks with a box to tick, a number, and the beginning of what may be a definition. */
const MARKS = new RegExp(
  [
    String.raw`^[\s>*+\-=_#\`~|:]+(?:\[[ xX]?\]?\s*)?$`,
    String.raw`^[\s>*+\-]*\d{1,9}[.)]?\s*$`,
    String.raw`^ {0,3}\[\^?[^\]\s]{0,12}(?:\]:?)?\s*$`,
  ].join("|"),
);

/** With the second line of a table, where there is only the first. */
function withDelimiters(source: string): string {
  const [line = "", before = ""] = source
    .trimEnd()
    .split(/\r\n?|\n/)
    .slice(-2)
    .reverse();
  const [, lead, row] = /^([\s>]*)\|(.*)$/.exec(line) ?? [];
  if (row === undefined || /^[\s>]*\|/.test(before)) return source;
  const cells = row.replace(/(?<!\\)\|\s*$/, "").split(/(?<!\\)\|/);
  return `${source.trimEnd()}\n${lead}|${"-|".repeat(cells.length)}`;
}

/** Where the last line of text begins: a paragraph, what follows a mark, or a table's cell. */
const TEXT =
  /\n[\s>]*\n|(?:^|\n)[\s>]*(?:(?:[-+*]|\d{1,9}[.)]|#{1,6})[ \t]+(?:\[[ xX]\] )?|\|(?:.*[^\\]\|)?)/g;

/** With everything closed that its last stretch of text leaves open. */
function closed(source: string): string {
  const last = [...source.matchAll(TEXT)].at(-1);
  const start = last ? last.index + last[0].length : 0;
  const text = source.slice(start).trimEnd();
  return text === "" ? source : source.slice(0, start) + closedText(text);
}

/** A mark that was opened, and where. */
interface Opened {
  readonly mark: string;
  readonly at: number;
}

const INLINE = /\\[\s\S]?|`+|\*+|_+|~~?|!?\[|\]\(?/g;

function closedText(text: string): string {
  let opened: Opened[] = [];
  let past = 0;
  for (const { 0: mark, index: at } of text.matchAll(INLINE)) {
    if (at < past) continue;
    const end = at + mark.length;
    const isLast = end === text.length;
    if (mark.startsWith("\\")) {
      if (isLast && mark === "\\") return close(text.slice(0, at), opened);
    } else if (mark.startsWith("`")) {
      past = endOfCode(text, at, mark);
      if (past < 0) return close(text.slice(0, at), opened, code(text.slice(end), mark));
    } else if (mark.endsWith("[")) {
      opened.push({ mark, at });
    } else if (mark.startsWith("]")) {
      const i = opened.map(({ mark }) => mark.endsWith("[")).lastIndexOf(true);
      const begin = opened[i];
      if (!begin) continue;
      past = mark === "](" ? text.indexOf(")", end) : end;
      if (past < 0 || isLast) return close(text.slice(0, at), opened);
      opened = opened.slice(0, i);
    } else {
      const left = emphasis(text, at, mark, opened);
      if (!left && isLast) return close(text.slice(0, at), opened);
      opened = left ?? opened;
    }
  }
  return close(text, opened);
}

/** Where code that begins at `at` ends; -1 where it does not. */
function endOfCode(text: string, at: number, mark: string): number {
  for (const { 0: run, index } of text.slice(at + mark.length).matchAll(/`+/g)) {
    if (run === mark) return at + mark.length + index + run.length;
  }
  return -1;
}

const code = (text: string, mark: string): string => {
  const content = text.replace(/`+$/, "");
  return content === "" ? "" : mark + content + mark;
};

/** What is open after marks of emphasis; undefined where these open and close nothing. */
function emphasis(
  text: string,
  at: number,
  marks: string,
  opened: readonly Opened[],
): Opened[] | undefined {
  const before = text.charAt(at - 1);
  const after = text.charAt(at + marks.length);
  const single = marks.charAt(0);
  const each = marks.length === 3 ? [marks.slice(1), single] : [marks];
  const closes = /\S/.test(before) && !(single === "_" && WORD.test(after));
  const isClosed = opened.map(({ mark }) => each.includes(mark));
  const inner = each.length > 1 ? isClosed.indexOf(true) : isClosed.lastIndexOf(true);
  if (closes && inner >= 0) {
    // Where `***` was opened, either may be closed first.
    const rest = opened[inner]?.mark === "**" && each.length === 1 ? opened[inner + 1] : undefined;
    const left = opened.slice(0, inner);
    return rest?.at === (opened[inner]?.at ?? 0) + 2 ? [...left, rest] : left;
  }
  // `2*3` is rarely meant, and `a_b` never.
  const opens = /\S/.test(after) && !(marks.length < 2 && WORD.test(before));
  return opens && marks.length <= 3
    ? [...opened, ...each.map((mark, i) => ({ mark, at: at + 2 * i }))]
    : undefined;
}

const WORD = /[\p{L}\p{N}]/u;

/** The text with its open marks closed, and `more` before that; of links and images the text. */
function close(text: string, opened: readonly Opened[], more = ""): string {
  let content = text;
  let marks = "";
  for (const { mark, at } of [...opened].reverse()) {
    if (mark === "![" || (mark === "[" && text.charAt(at + 1) === "^")) {
      content = content.slice(0, at);
      marks = "";
    } else if (mark === "[") content = content.slice(0, at) + content.slice(at + 1);
    else if (more === "" && content.trimEnd().length <= at + mark.length)
      content = content.slice(0, at);
    else marks += mark;
  }
  return (more === "" ? content.trimEnd() : content + more) + marks;
}
