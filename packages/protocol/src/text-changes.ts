import type { Splice } from "@deltawire/spec";
import type { Text } from "./text.js";
import { diffText } from "./text-diff.js";
import { isLeaf, type Leaf, type Node, type Tree } from "./text-tree.js";

/**
 * Splices that turn one version of a text into another one. What the two share is not looked at:
 * between versions that are edits apart this costs O(edits + log length), and between others a
 * comparison of the two.
 */
export function textChanges(previous: Text, next: Text): Splice[] {
  const before = previous.structure;
  const after = next.structure;
  const { old, young, shared } = unfold(before.tree, after.tree);
  const splices: Splice[] = [];
  let offset = 0;
  function compare(was: string, is: string): void {
    for (const splice of was === is ? [] : diffText(was, is)) {
      splices.push({ ...splice, changed_offset: offset + splice.changed_offset });
    }
    offset += was.length;
  }
  let was = 0;
  let is = 0;
  young.forEach((node, i) => {
    if (!shared.has(node)) return;
    // Edits remove and insert, but never move: both have what they share in the same order.
    const at = old.indexOf(node, was);
    compare(textOf(old.slice(was, at)), textOf(young.slice(is, i)));
    offset += node.length;
    was = at + 1;
    is = i + 1;
  });
  compare(textOf(old.slice(was)) + before.tail, textOf(young.slice(is)) + after.tail);
  return splices;
}

/**
 * The nodes that two trees share, and what each has beside them, in order. A node has one height:
 * what is not shared is unfolded one height after the other.
 */
function unfold(before: Tree, after: Tree) {
  let old: readonly Node[] = before ? [before] : [];
  let young: readonly Node[] = after ? [after] : [];
  const shared = new Set<Node>();
  for (let height = Math.max(before?.height ?? 0, after?.height ?? 0); height >= 0; height--) {
    const all = new Set(old);
    for (const node of young) if (all.has(node)) shared.add(node);
    const unfolded = (node: Node) =>
      node.height < height || isLeaf(node) || shared.has(node) ? [node] : [node.left, node.right];
    old = old.flatMap(unfolded);
    young = young.flatMap(unfolded);
  }
  return { old, young, shared };
}

/** The text of leaves: nothing else is left of what is not shared. */
const textOf = (nodes: readonly Node[]): string =>
  nodes.map((node) => (node as Leaf).text).join("");
