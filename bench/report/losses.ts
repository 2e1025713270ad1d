import { advantage, type Comparison } from "./comparisons.js";
import { ratio } from "./format.js";
import type { Table } from "./table.js";

/** An advantage below this is little. */
const LITTLE = 1.1;

/** Where a peer is better than ours, or worse by less than a tenth. */
export function losses(comparisons: readonly Comparison[]): Table {
  const near = new Map<string, string[]>();
  for (const comparison of comparisons) {
    for (const peer of Object.keys(comparison.peers)) {
      const by = advantage(comparison, peer);
      if (by >= LITTLE) continue;
      const key = JSON.stringify([comparison.what, peer]);
      near.set(key, [...(near.get(key) ?? []), `${comparison.on} ${ratio(by)}`]);
    }
  }
  return {
    title: "Where Deltawire wins little, or loses",
    note:
      "Computed from every figure above that a peer was measured by as well: where, and by how " +
      "many times ours is better. Below 1 it loses; up to 1.1 it wins little.",
    head: ["what", "against", "where, and by how much"],
    rows: [...near].map(([key, where]) => [...JSON.parse(key), where.join(", ")]),
    isProse: true,
  };
}
