import { advantage, type Comparison, TRACE } from "./comparisons.js";
import { ratio } from "./format.js";
import type { Table } from "./table.js";

/** An advantage below this is little. */
const LITTLE = 1.1;

/** Recorded streams are named one by one only where they are few. */
const FEW = 2;

/** Where a peer is better than ours, or worse by less than a tenth. */
export function losses(comparisons: readonly Comparison[]): Table {
  const near = new Map<string, { readonly on: string; readonly by: number }[]>();
  for (const comparison of comparisons) {
    for (const peer of Object.keys(comparison.peers)) {
      const by = advantage(comparison, peer);
      if (by >= LITTLE) continue;
      const key = JSON.stringify([comparison.what, peer]);
      near.set(key, [...(near.get(key) ?? []), { on: comparison.on, by }]);
    }
  }
  return {
    title: "Where Deltawire wins little, or loses",
    note:
      "Computed from every figure above that a peer was measured by as well: where, and by how " +
      "many times ours is better. Below 1 it loses; up to 1.1 it wins little.",
    head: ["what", "against", "where, and by how much"],
    rows: [...near].map(([key, places]) => [...JSON.parse(key), placesOf(places)]),
    isProse: true,
  };
}

function placesOf(places: readonly { readonly on: string; readonly by: number }[]): string {
  const traces = places.filter(({ on }) => on.startsWith(TRACE));
  const areMany = traces.length > FEW;
  const named = places.filter((place) => !areMany || !traces.includes(place));
  const range = traces.map(({ by }) => by).sort((a, b) => a - b);
  return [
    ...named.map(({ on, by }) => `${on} ${ratio(by)}`),
    ...(areMany
      ? [`${traces.length} traces ${ratio(range[0] ?? 1)} to ${ratio(range.at(-1) ?? 1)}`]
      : []),
  ].join(", ");
}
