import { combineCrc32, crc32 } from "./crc32.js";

/** UTF-16 code units of a full leaf: a splice copies about this much, whatever the text's length. */
export const LEAF = 2048;

/** CRC-32 of some UTF-8, and its length: digests of neighbours add up. */
export interface Digest {
  readonly crc: number;
  readonly bytes: number;
}

/** Some of the text, never cut inside a surrogate pair. */
export interface Leaf {
  readonly text: string;
  readonly length: number;
  readonly height: 0;
  digest?: Digest;
}

/** Two trees, one after the other, whose heights differ by one at most. */
interface Branch {
  readonly left: Node;
  readonly right: Node;
  readonly length: number;
  readonly height: number;
  digest?: Digest;
}

/** A tree that is not empty. */
export type Node = Leaf | Branch;
/** The text of a tree; undefined is the empty one. */
export type Tree = Node | undefined;

/** Whether a node has no other ones below it. */
export const isLeaf = (node: Node): node is Leaf => node.height === 0;
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

/** One tree behind the other. */
export function join(left: Tree, right: Tree): Tree {
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
export interface Cut {
  before: Tree;
  readonly left: string;
  readonly right: string;
  after: Tree;
}

/** Cuts a tree at an offset. */
export function cut(node: Tree, offset: number): Cut {
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

/**
 * The tree after a splice within one leaf, which stays about as long: nothing moves then but what is
 * on the way to it. Undefined where it is not so.
 */
export function spliceLeaf(node: Node, offset: number, removed: number, text: string): Tree {
  if (isLeaf(node)) {
    const length = node.length - removed + text.length;
    if (length < LEAF / 4 || length > 2 * LEAF) return undefined;
    return leaf(node.text.slice(0, offset) + text + node.text.slice(offset + removed));
  }
  const middle = node.left.length;
  if (offset + removed <= middle) {
    const left = spliceLeaf(node.left, offset, removed, text);
    return left && branch(left, node.right);
  }
  const right = offset >= middle && spliceLeaf(node.right, offset - middle, removed, text);
  return right ? branch(node.left, right) : undefined;
}

/** Whether a unit is the first half of a surrogate pair. */
export const isHigh = (unit: number): boolean => unit >= 0xd800 && unit <= 0xdbff;
/** Whether a unit is the second half of a surrogate pair. */
export const isLow = (unit: number): boolean => unit >= 0xdc00 && unit <= 0xdfff;

/** Cuts a text into leaves, never inside a surrogate pair. */
export function treeOf(text: string): Tree {
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

/** The digest of a string. */
export function digestOf(text: string): Digest {
  let digest: Digest = { crc: 0, bytes: 0 };
  for (let start = 0; start < text.length; ) {
    const { read, written } = utf8.encodeInto(start ? text.slice(start) : text, scratch);
    const crc = crc32(scratch, written);
    digest = { crc: combineCrc32(digest.crc, crc, written), bytes: digest.bytes + written };
    start += read;
  }
  return digest;
}

/** The digest of two texts, one after the other. */
export function concatenate(first: Digest, second: Digest): Digest {
  const crc = combineCrc32(first.crc, second.crc, second.bytes);
  return { crc, bytes: first.bytes + second.bytes };
}

/** The digest of a tree, which each of its nodes keeps. */
export function digestTree(node: Node): Digest {
  node.digest ??= isLeaf(node)
    ? digestOf(node.text)
    : concatenate(digestTree(node.left), digestTree(node.right));
  return node.digest;
}

/** The strings of a tree, in their order. */
export function* leaves(node: Tree): Generator<string> {
  const stack: Node[] = node ? [node] : [];
  for (let next = stack.pop(); next; next = stack.pop()) {
    if (isLeaf(next)) yield next.text;
    else stack.push(next.right, next.left);
  }
}

/** The units from `start` up to, not including, `end`. */
export function range(node: Tree, start: number, end: number): string {
  if (!node || start >= node.length || end <= 0) return "";
  if (isLeaf(node)) return node.text.slice(Math.max(0, start), end);
  const middle = node.left.length;
  return range(node.left, start, end) + range(node.right, start - middle, end - middle);
}
