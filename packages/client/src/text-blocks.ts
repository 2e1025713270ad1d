import type { TextTarget } from "./text-target.js";

/** UTF-16 units that a block is made of where lines allow it. */
const AIM = 4096;

/** Units above which a block is cut in two, if it has a line to cut at. */
const MAX = 2 * AIM;

/** Units below which a block is joined to a neighbour. */
const MIN = AIM / 4;

/** Some whole lines, but for the last block, whose last line may go on. */
interface Block {
  readonly node: Text;
  /** Units that it was left with. */
  length: number;
}

/**
 * A text in an element, in blocks of whole lines: a browser lays out again the block that changes,
 * and not the others.
 *
 * 1. The blocks, one after the other, are the text; none is empty.
 * 2. Each block but the last one ends with a line feed. At the end of a block it makes no line of
 *    its own, so that cuts are not to be seen.
 * 3. A change costs O(change + blocks), and moves no more than two blocks' worth of text to others;
 *    a selection moves with it.
 */
export class TextBlocks implements TextTarget {
  readonly #element: Element;
  readonly #blocks: Block[] = [];
  #length: number;

  constructor(element: Element) {
    this.#element = element;
    this.#length = element.firstChild ? Number.NaN : 0; // what is there is replaced
  }

  get length(): number {
    return this.#length;
  }

  replace(text: string): void {
    this.#element.replaceChildren();
    this.#blocks.length = 0;
    this.#length = text.length;
    if (text !== "") this.#add(0, cut(text, AIM));
  }

  splice(offset: number, removed: number, text: string): boolean {
    if (this.#blocks.length === 0) this.replace(text);
    else {
      const start = this.#find(offset, 0);
      const end = removed > 0 ? this.#find(offset + removed, 1) : start;
      const near = this.#blocks.slice(Math.max(0, start.index - 1), end.index + 2);
      if (!near.every((block) => this.#isOurs(block))) return false;
      this.#length += text.length - removed;
      const { block, at, index } = start;
      const isFull = at === block.length && at >= AIM;
      if (end.index === index && !isFull && block.length + text.length <= MAX) {
        this.#edit(block, at, removed, text);
        this.#tidy(index);
      } else {
        this.#remove(start, end);
        this.#insert(start, text);
      }
    }
    return true;
  }

  #isOurs({ node, length }: Block): boolean {
    return node.length === length && node.parentNode?.parentNode === this.#element;
  }

  /** @param before 1 to prefer the end of a block to the beginning of the next one */
  #find(offset: number, before: 0 | 1): Place {
    // Most changes are near the end.
    let index = this.#blocks.length;
    let from = this.#length;
    let block: Block | undefined;
    do {
      index -= 1;
      block = this.#blocks[index];
      from -= block?.length ?? 0;
    } while (index > 0 && offset < from + before);
    if (!block) throw new RangeError("no block"); // it is asked for with blocks only
    return { index, block, at: offset - from };
  }

  #edit(block: Block, at: number, removed: number, text: string): void {
    block.node.replaceData(at, removed, text);
    block.length += text.length - removed;
  }

  #remove(start: Place, end: Place): void {
    if (start.index === end.index) {
      this.#edit(start.block, start.at, end.at - start.at, "");
      return;
    }
    this.#edit(end.block, 0, end.at, "");
    this.#edit(start.block, start.at, start.block.length - start.at, "");
    const isEmpty = end.block.length === 0;
    this.#drop(start.index + 1, end.index - start.index - (isEmpty ? 0 : 1));
  }

  #insert({ index, block, at }: Place, text: string): void {
    const isLine = at === block.length && at >= AIM && endsLine(block);
    const pieces = isLine ? ["", ...cut(text, AIM)] : cut(text, AIM - at);
    const [first = "", ...others] = pieces;
    const made = this.#add(index + 1, others);
    const last = made.at(-1);
    if (last) this.#move(block, at, block.length - at, last);
    this.#edit(block, at, 0, first);
    this.#tidy(index + made.length);
    if (made.length > 0) this.#tidy(index);
  }

  /** Brings a block that was edited, and its neighbours, to what blocks are. */
  #tidy(index: number): void {
    const block = this.#blocks[index];
    const before = this.#blocks[index - 1];
    const next = this.#blocks[index + 1];
    if (!block) return;
    if (block.length === 0) this.#drop(index, 1);
    else if (next && !endsLine(block)) {
      const line = next.node.data.indexOf("\n") + 1;
      this.#move(next, 0, line || next.length, block);
      if (next.length === 0) this.#drop(index + 1, 1);
      this.#tidy(index);
    } else if (block.length > MAX) this.#cut(index, block);
    else if (block.length < MIN) {
      if (before && before.length + block.length <= AIM) this.#join(index - 1, before, block);
      else if (next && next.length + block.length <= AIM) this.#join(index, block, next);
    }
  }

  /** Cuts a block in two, near its middle, if there is a line to cut at. */
  #cut(index: number, block: Block): void {
    const { data } = block.node;
    const middle = data.length >>> 1;
    const at = data.lastIndexOf("\n", middle) + 1 || data.indexOf("\n", middle) + 1;
    if (at === 0 || at === data.length) return;
    const [rest] = this.#add(index + 1, [""]);
    if (rest) this.#move(block, at, block.length - at, rest);
  }

  #join(index: number, block: Block, next: Block): void {
    this.#move(next, 0, next.length, block);
    this.#drop(index + 1, 1);
  }

  #add(index: number, pieces: readonly string[]): Block[] {
    const { ownerDocument } = this.#element;
    const following = this.#blocks[index]?.node.parentNode ?? null;
    const made = pieces.map((text) => ({
      node: ownerDocument.createTextNode(text),
      length: text.length,
    }));
    for (const { node } of made) {
      const line = ownerDocument.createElement("div");
      line.append(node);
      this.#element.insertBefore(line, following);
    }
    this.#blocks.splice(index, 0, ...made);
    return made;
  }

  #drop(index: number, count: number): void {
    for (const { node } of this.#blocks.splice(index, count)) node.parentElement?.remove();
  }

  /** Moves text to the end of another block, and the ends of a selection in it with it. */
  #move(from: Block, start: number, count: number, to: Block): void {
    if (count === 0) return;
    const shift = to.length - start;
    const isAll = start + count === from.length;
    const isMoved = (node: Node | null, offset: number) =>
      node === from.node &&
      (offset > start || start === 0) &&
      (offset < start + count || (isAll && offset === start + count));
    const selection = this.#element.ownerDocument.getSelection();
    const ends = selection && {
      anchor: isMoved(selection.anchorNode, selection.anchorOffset) && selection.anchorOffset,
      focus: isMoved(selection.focusNode, selection.focusOffset) && selection.focusOffset,
    };
    this.#edit(to, to.length, 0, from.node.substringData(start, count));
    this.#edit(from, start, count, "");
    if (!selection || !ends || (ends.anchor === false && ends.focus === false)) return;
    const { anchorNode, anchorOffset, focusNode, focusOffset } = selection;
    const anchor =
      ends.anchor === false
        ? { node: anchorNode, offset: anchorOffset }
        : { node: to.node, offset: ends.anchor + shift };
    const focus =
      ends.focus === false
        ? { node: focusNode, offset: focusOffset }
        : { node: to.node, offset: ends.focus + shift };
    if (anchor.node && focus.node) {
      selection.setBaseAndExtent(anchor.node, anchor.offset, focus.node, focus.offset);
    }
  }
}

/** A place in a text: in which block, and how many units from its beginning. */
interface Place {
  readonly index: number;
  readonly block: Block;
  readonly at: number;
}

const endsLine = ({ node, length }: Block): boolean => node.substringData(length - 1, 1) === "\n";

/** Cuts a text after line feeds, the first time after `room` units or more. */
function cut(text: string, room: number): string[] {
  const pieces: string[] = [];
  let from = 0;
  for (let least = room; ; least = AIM) {
    const end = text.indexOf("\n", from + Math.max(0, least - 1)) + 1;
    if (end === 0 || end === text.length) break;
    pieces.push(text.slice(from, end));
    from = end;
  }
  pieces.push(text.slice(from));
  return pieces;
}
