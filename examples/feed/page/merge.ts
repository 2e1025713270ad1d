/** What the page shows of an item. */
export interface Item {
  readonly id: string;
  readonly source: string;
  readonly at: string;
  readonly author: string;
  readonly title: string;
}

/** Newest first; of one time by id, so that every page has one order. */
export const compare = (a: Item, b: Item): number => {
  if (a.at !== b.at) return a.at < b.at ? 1 : -1;
  return a.id < b.id ? 1 : a.id > b.id ? -1 : 0;
};

/** A sorted list with items that are new, each once: costs their sorting, and one walk. */
export function merge(sorted: readonly Item[], fresh: readonly Item[]): readonly Item[] {
  if (fresh.length === 0) return sorted;
  const added = [...fresh].sort(compare);
  const merged: Item[] = [];
  let [i, j] = [0, 0];
  for (;;) {
    const [one, other] = [sorted[i], added[j]];
    if (one === undefined && other === undefined) return merged;
    const order = one === undefined ? 1 : other === undefined ? -1 : compare(one, other);
    if (order <= 0) i += 1;
    if (order >= 0) j += 1;
    const next = order <= 0 ? one : other;
    if (next && next.id !== merged.at(-1)?.id) merged.push(next);
  }
}
