import {
  concatenate,
  cut,
  digestOf,
  digestTree,
  isHigh,
  isLeaf,
  isLow,
  join,
  LEAF,
  leaves,
  range,
  spliceLeaf,
  type Tree,
  treeOf,
} from "./text-tree.js";

/**
 * An immutable, well-formed text. Offsets and lengths are UTF-16 code units.
 *
 * 1. `append` costs O(appended), amortised; a `splice` O(change + log length). Both share what
 *    did not change with the text before.
 * 2. The digest is kept per subtree: asking again after an edit costs O(change + log length).
 * 3. `toString` is O(length) once; after an append to a text that was read, reading is again
 *    as cheap as a string concatenation. A text that nobody reads is not kept a second time.
 */
export class Text {
  static readonly empty: Text = new Text(undefined, "", "", 0);

  readonly length: number;
  readonly #tree: Tree;
  /** The end of the text, short: most edits are appends and touch nothing else. */
  readonly #tail: string;
  #flat: string | undefined;
  /** Units that were appended to `#flat` since it was read. */
  #unread: number;

  private constructor(tree: Tree, tail: string, flat: string | undefined, unread: number) {
    this.#tree = tree;
    this.#tail = tail;
    this.#flat = flat;
    this.#unread = unread;
    this.length = (tree?.length ?? 0) + tail.length;
  }

  /** The text of a string, which must be well-formed. */
  static of(text: string): Text {
    return text === "" ? Text.empty : Text.#settle(undefined, text, text);
  }

  static #settle(tree: Tree, tail: string, flat?: string, unread = 0): Text {
    if (tail.length <= 2 * LEAF) return new Text(tree, tail, flat, unread);
    let end = tail.length - (tail.length % LEAF);
    if (isHigh(tail.charCodeAt(end - 1))) end -= 1;
    return new Text(join(tree, treeOf(tail.slice(0, end))), tail.slice(end), flat, unread);
  }

  /** What it is made of; subtrees that two texts share, and no others, are the same objects. */
  get structure(): { readonly tree: Tree; readonly tail: string } {
    return { tree: this.#tree, tail: this.#tail };
  }

  append(text: string): Text {
    if (text === "") return this;
    const tail = this.#tail + text;
    const unread = this.#unread + text.length;
    const worth = this.#flat !== undefined && unread <= LEAF + this.length / 8;
    if (!worth) return Text.#settle(this.#tree, tail);
    return Text.#settle(this.#tree, tail, this.#flat + text, unread);
  }

  /** Replaces `removed` units at `offset`, which the caller has checked with {@link isBoundary}. */
  splice(offset: number, removed: number, text: string): Text {
    if (removed === 0 && offset === this.length) return this.append(text);
    const settled = this.#tree?.length ?? 0;
    if (offset >= settled) {
      const at = offset - settled;
      const tail = this.#tail.slice(0, at) + text + this.#tail.slice(at + removed);
      return Text.#settle(this.#tree, tail);
    }
    const end = offset + removed;
    const tree = this.#tree && end <= settled && spliceLeaf(this.#tree, offset, removed, text);
    if (tree) return new Text(tree, this.#tail, undefined, 0);
    const head = cut(this.#tree, offset);
    const rest = end < settled ? cut(this.#tree, end) : undefined;
    if (!rest) {
      const tail = head.left + text + this.#tail.slice(end - settled);
      return Text.#settle(head.before, tail);
    }
    let middle = head.left + text + rest.right;
    let before = head.before;
    if (middle.length < LEAF / 4 && before) {
      const last = cut(before, before.length - 1);
      before = last.before;
      middle = last.left + last.right + middle;
    }
    return new Text(join(join(before, treeOf(middle)), rest.after), this.#tail, undefined, 0);
  }

  /** The same text, remembering that it reads as this string: saves the next `toString`. */
  reads(flat: string): Text {
    this.#flat = flat;
    this.#unread = 0;
    return this;
  }

  /** Whether an offset is in the text and not inside a surrogate pair. */
  isBoundary(offset: number): boolean {
    if (offset <= 0 || offset >= this.length) return offset === 0 || offset === this.length;
    return !isLow(this.unitAt(offset));
  }

  /** The UTF-16 code unit at an offset below the length. */
  unitAt(offset: number): number {
    let node = this.#tree;
    if (!node || offset >= node.length) {
      return this.#tail.charCodeAt(offset - (node?.length ?? 0));
    }
    let at = offset;
    while (!isLeaf(node)) {
      if (at < node.left.length) node = node.left;
      else {
        at -= node.left.length;
        node = node.right;
      }
    }
    return node.text.charCodeAt(at);
  }

  /** The units from `start` up to, not including, `end`; costs O(units + log length). */
  slice(start: number, end: number): string {
    const settled = this.#tree?.length ?? 0;
    const tail = this.#tail.slice(Math.max(0, start - settled), Math.max(0, end - settled));
    return start < settled ? range(this.#tree, start, end) + tail : tail;
  }

  /** CRC-32 of the text's UTF-8. */
  crc32(): number {
    const tail = digestOf(this.#tail);
    return (this.#tree ? concatenate(digestTree(this.#tree), tail) : tail).crc;
  }

  /** The text in pieces, without keeping a copy of the whole. */
  *pieces(): Generator<string> {
    yield* leaves(this.#tree);
    if (this.#tail !== "") yield this.#tail;
  }

  toString(): string {
    this.#flat ??= [...this.pieces()].join("");
    this.#unread = 0;
    return this.#flat;
  }
}
