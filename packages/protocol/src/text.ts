import { combineCrc32, crc32 } from "./crc32.js";
import { diffText } from "./text-diff.js";

/** UTF-16 code units of a full leaf: a splice copies about this much, whatever the text's length. */
const LEAF = 2048;

interface Digest {
  readonly crc: number;
  readonly bytes: number;
}

interface Leaf {
  readonly text: string;
  readonly length: number;
  readonly height: 0;
  digest?: Digest;
}

interface Branch {
  readonly left: Node;
  readonly right: Node;
  readonly length: number;
  readonly height: number;
  digest?: Digest;
}

type Node = Leaf | Branch;
type Tree = Node | undefined;

const isLeaf = (node: Node): node is Leaf => node.height === 0;
const leaf = (text: string): Leaf => ({ text, length: text.length, height: 0 });
const branch = (left: Node, right: Node): Branch => ({
  left,
  right,
  length: left.length + right.length,
  height: 1 + Math.max(left.height, right.height),
});

/** Joins two trees whose heights differ by at most 2 into a balanced one (AVL). */
function balance(left: Node, right: Node): Node {
  if (left.height > right.height + 1 && !isLeaf(left)) {
    const inner = left.right;
    if (left.left.height >= inner.height || isLeaf(inner)) {
      return branch(left.left, branch(inner, right));
    }
    return branch(branch(left.left, inner.left), branch(inner.right, right));
  }
  if (right.height > left.height + 1 && !isLeaf(right)) {
    const inner = right.left;
    if (right.right.height >= inner.height || isLeaf(inner)) {
      return branch(branch(left, inner), right.right);
    }
    return branch(branch(left, inner.left), branch(inner.right, right.right));
  }
  return branch(left, right);
}

function join(left: Tree, right: Tree): Tree {
  if (!left) return right;
  if (!right) return left;
  return joinNodes(left, right);
}

function joinNodes(left: Node, right: Node): Node {
  if (left.height > right.height + 1 && !isLeaf(left)) {
    return balance(left.left, joinNodes(left.right, right));
  }
  if (right.height > left.height + 1 && !isLeaf(right)) {
    return balance(joinNodes(left, right.left), right.right);
  }
  return branch(left, right);
}

/** A tree cut at an offset: whole leaves on both sides, and the two halves of the leaf between. */
interface Cut {
  before: Tree;
  readonly left: string;
  readonly right: string;
  after: Tree;
}

function cut(node: Tree, offset: number): Cut {
  if (!node) return { before: undefined, left: "", right: "", after: undefined };
  if (isLeaf(node)) {
    const { text } = node;
    return {
      before: undefined,
      left: text.slice(0, offset),
      right: text.slice(offset),
      after: undefined,
    };
  }
  if (offset < node.left.length) {
    const found = cut(node.left, offset);
    found.after = join(found.after, node.right);
    return found;
  }
  const found = cut(node.right, offset - node.left.length);
  found.before = join(node.left, found.before);
  return found;
}

const isHigh = (unit: number): boolean => unit >= 0xd800 && unit <= 0xdbff;
const isLow = (unit: number): boolean => unit >= 0xdc00 && unit <= 0xdfff;

/** Cuts a text into leaves, never inside a surrogate pair. */
function treeOf(text: string): Tree {
  let tree: Tree;
  for (let start = 0; start < text.length; ) {
    let end = Math.min(start + LEAF, text.length);
    if (end < text.length && isHigh(text.charCodeAt(end - 1))) end -= 1;
    tree = join(tree, leaf(text.slice(start, end)));
    start = end;
  }
  return tree;
}

const utf8 = new TextEncoder();
const scratch = new Uint8Array(3 * 2 * LEAF);

function digestOf(text: string): Digest {
  let digest: Digest = { crc: 0, bytes: 0 };
  for (let start = 0; start < text.length; ) {
    const { read, written } = utf8.encodeInto(start ? text.slice(start) : text, scratch);
    const crc = crc32(scratch, written);
    digest = { crc: combineCrc32(digest.crc, crc, written), bytes: digest.bytes + written };
    start += read;
  }
  return digest;
}

function concatenate(first: Digest, second: Digest): Digest {
  const crc = combineCrc32(first.crc, second.crc, second.bytes);
  return { crc, bytes: first.bytes + second.bytes };
}

function digestTree(node: Node): Digest {
  node.digest ??= isLeaf(node)
    ? digestOf(node.text)
    : concatenate(digestTree(node.left), digestTree(node.right));
  return node.digest;
}

function* leaves(node: Tree): Generator<string> {
  const stack: Node[] = node ? [node] : [];
  for (let next = stack.pop(); next; next = stack.pop()) {
    if (isLeaf(next)) yield next.text;
    else stack.push(next.right, next.left);
  }
}

function range(node: Tree, start: number, end: number): string {
  if (!node || start >= node.length || end <= 0) return "";
  if (isLeaf(node)) return node.text.slice(Math.max(0, start), end);
  const middle = node.left.length;
  return range(node.left, start, end) + range(node.right, start - middle, end - middle);
}

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

  /** Splices that turn one well-formed text into the other: see {@link diffText}. */
  static readonly diff: typeof diffText = diffText;

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
