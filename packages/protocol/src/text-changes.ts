import type { Splice } from "@deltawire/spec";
import type { Text } from "./text.js";
import { diffText } from "./text-diff.js";
import { isLeaf, isLow, type Leaf, type Node, type Tree } from "./text-tree.js";

/** Units by which stretches that stay are looked for, where there is too much else to compare. */
const GRAM = 16;

/** Units of the new text that are searched for them. */
const MAX_SEARCH = 1 << 16;

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
      for (const { changed_offset, ...change } of finer(was, splice)) {
        splices.push({ ...change, changed_offset: offset + changed_offset });
      }
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

/**
 * A splice as several ones, between which what stays is left alone: {@link diffText} gives up where
 * much comes at once, and who has selected something else is not to lose it.
 */
function finer(was: string, splice: Splice): readonly Splice[] {
  const { changed_offset, removed, text } = splice;
  if (removed < 2 * GRAM || text.length < 2 * GRAM || text.length > MAX_SEARCH) return [splice];
  const old = was.slice(changed_offset, changed_offset + removed);
  const splices: Splice[] = [];
  let from = 0;
  let to = 0;
  function compare(end: number, newEnd: number): void {
    for (const change of diffText(old.slice(from, end), text.slice(to, newEnd))) {
      splices.push({ ...change, changed_offset: changed_offset + from + change.changed_offset });
    }
  }
  const places = gramsOf(old);
  for (let at = 0; at <= text.length - GRAM; ) {
    const place = places.get(text.slice(at, at + GRAM)) ?? -1;
    if (place < from) at += 1;
    else {
      let before = 0;
      const limit = Math.min(place - from, at - to);
      while (before < limit && old[place - before - 1] === text[at - before - 1]) before += 1;
      let after = GRAM;
      while (place + after < removed && old[place + after] === text[at + after]) after += 1;
      // The halves of a pair stay together: both texts have the same one here, and are well-formed.
      if (isLow(old.charCodeAt(place - before))) before -= 1;
      if (isLow(old.charCodeAt(place + after))) after -= 1;
      compare(place - before, at - before);
      from = place + after;
      to = at + after;
      at = to;
    }
  }
  compare(removed, text.length);
  return splices;
}

/** Where each piece of some units is, of those that are there but once. */
function gramsOf(text: string): Map<string, number> {
  const places = new Map<string, number>();
  for (let at = 0; at <= text.length - GRAM; at += GRAM) {
    const gram = text.slice(at, at + GRAM);
    places.set(gram, places.has(gram) ? -1 : at);
  }
  return places;
}
