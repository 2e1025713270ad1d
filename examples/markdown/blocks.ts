import { cut, type Piece } from "./cut.js";
import { type Definitions, preamble } from "./references.js";

/** A block of a Markdown text that can be rendered alone. The same object until it changes. */
export interface Block extends Piece {
  /** Stays while the block changes: a key. */
  readonly id: number;
  /** Definitions of other blocks that this one may refer to, to be parsed before its source. */
  readonly preamble: string;
}

/**
 * A Markdown text, cut into its blocks; immutable.
 *
 * 1. The sources of the blocks, one after the other, are the text.
 * 2. However the text came about, the blocks are those that it has when it is read from scratch.
 * 3. An edit parses the blocks that it touches; one before them where it may become part of that;
 *    and after them as many as it takes until a block begins where one did. What it does not
 *    parse stays as it is, but for blocks that refer to a definition which the edit changes.
 */
export class Blocks {
  static readonly empty: Blocks = new Blocks([], new Map(), 0);

  readonly list: readonly Block[];
  readonly #defined: Definitions;
  /** The id of the next new block. */
  readonly #next: number;

  private constructor(list: readonly Block[], defined: Definitions, next: number) {
    this.list = list;
    this.#defined = defined;
    this.#next = next;
  }

  /**
   * Replaces `removed` UTF-16 units at `offset`.
   *
   * @throws RangeError where they are not in the text
   */
  edit(offset: number, removed: number, text: string): Blocks {
    const { list } = this;
    const starts = startsOf(list);
    const length = starts.at(-1) ?? 0;
    const end = offset + removed;
    if (offset < 0 || removed < 0 || end > length) {
      throw new RangeError(`no units ${offset} to ${end} in a text of ${length}: edit what it has`);
    }
    const first = firstParsed(list, starts, offset);
    const begin = starts[first] ?? 0;
    const after = starts.findIndex((start, i) => i >= first && start >= end);
    const touched = sourceOf(list, first, after);
    const head = touched.slice(0, offset - begin) + text + touched.slice(end - begin);
    const shift = text.length - removed - begin;
    for (let more = 1; ; more *= 2) {
      const last = Math.min(after + more, list.length);
      const pieces = cut(head + sourceOf(list, after, last));
      const found = meet(pieces, starts.slice(after, last), shift);
      if (found) return this.#replace(first, after + found.old, pieces.slice(0, found.fresh));
      if (last === list.length) return this.#replace(first, last, pieces);
    }
  }

  /** Puts pieces in the place of the blocks from `first` up to, not including, `last`. */
  #replace(first: number, last: number, pieces: readonly Piece[]): Blocks {
    const old = this.list.slice(first, last);
    const same = (block: Piece | undefined, piece: Piece | undefined) =>
      block !== undefined && block.source === piece?.source;
    let head = 0;
    while (same(old[head], pieces[head])) head += 1;
    let tail = 0;
    const room = Math.min(old.length, pieces.length) - head;
    while (tail < room && same(old.at(-1 - tail), pieces.at(-1 - tail))) tail += 1;

    const gone = old.slice(head, old.length - tail);
    const fresh = pieces.slice(head, pieces.length - tail);
    const defines = [...gone, ...fresh].some((piece) => piece.defines.size > 0);
    let next = this.#next;
    const blocks: readonly Block[] = [
      ...this.list.slice(0, first + head),
      ...fresh.map((piece, i) => ({ ...piece, id: gone[i]?.id ?? next++, preamble: "" })),
      ...this.list.slice(last - tail),
    ];
    const defined = defines ? definedBy(blocks) : this.#defined;
    const isNew = (i: number) => i >= first + head && i < first + head + fresh.length;
    const list = blocks.map((block, i) =>
      isNew(i) || defined !== this.#defined ? link(block, defined) : block,
    );
    return new Blocks(list, defined, next);
  }
}

/** Where each block begins, and where the last one ends. */
function startsOf(list: readonly Piece[]): number[] {
  const starts = [0];
  let at = 0;
  for (const { source } of list) {
    at += source.length;
    starts.push(at);
  }
  return starts;
}

const sourceOf = (list: readonly Block[], first: number, last: number): string =>
  list
    .slice(first, last)
    .map(({ source }) => source)
    .join("");

/**
 * The block that holds an offset; the one before it where the edit is on one of its first two
 * lines: these say that it is a block of its own (a table needs two).
 */
function firstParsed(list: readonly Block[], starts: readonly number[], offset: number): number {
  const next = starts.findIndex((start) => start > offset);
  const at = Math.max(0, (next < 0 ? list.length : next) - 1);
  const before = list[at]?.source.slice(0, offset - (starts[at] ?? 0)) ?? "";
  return at > 0 && before.split(/\r\n?|\n/, 3).length < 3 ? at - 1 : at;
}

/** The first of the old starts, moved by `shift`, where a new piece begins as well. */
function meet(
  pieces: readonly Piece[],
  starts: readonly number[],
  shift: number,
): { readonly old: number; readonly fresh: number } | undefined {
  const fresh = new Map(startsOf(pieces).map((start, i) => [start, i]));
  for (const [old, start] of starts.entries()) {
    const found = fresh.get(start + shift);
    if (found !== undefined) return { old, fresh: found };
  }
  return undefined;
}

/** Of two definitions of a label the first is good. */
function definedBy(list: readonly Block[]): Definitions {
  return new Map([...list].reverse().flatMap(({ defines }) => [...defines]));
}

/** The block with those definitions before it that it may refer to. */
function link(block: Block, defined: Definitions): Block {
  const before = preamble(block.labels, block.defines, defined);
  return before === block.preamble ? block : { ...block, preamble: before };
}
