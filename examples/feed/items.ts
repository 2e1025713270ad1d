/** What the kinds of a feed's messages are called: an item, and the end of a source. */
export const ITEM = "item";
export const SOURCE = "source";

/** An item, as users of the API and of the page get it. */
export interface Item {
  readonly id: string;
  readonly source: string;
  /** ISO 8601. */
  readonly at: string;
  readonly author: string;
  readonly title: string;
}

/** A message of a feed's channel. */
interface Message {
  readonly id: string;
  readonly kind: string | undefined;
  readonly attributes: object;
  readonly text: string;
}

/** The items among messages. */
export const itemsOf = (messages: readonly Message[]): readonly Item[] =>
  messages
    .filter(({ kind }) => kind === ITEM)
    .map(({ id, attributes, text }) => ({
      ...(attributes as Pick<Item, "source" | "at" | "author">), // feed.ts writes them
      id,
      title: text,
    }));

/** A source that could not be read, and why. */
export interface Failure {
  readonly source: string;
  readonly error: string;
}

/** The sources among messages that have failed. */
export const failuresOf = (messages: readonly Message[]): readonly Failure[] =>
  messages
    .map(({ id, attributes }) => ({ source: id, error: Object(attributes).error }))
    .filter(({ error }) => error !== undefined);

/** What stands before what: newest first, and among those of one time by id. */
export function byTime(a: Pick<Item, "at" | "id">, b: Pick<Item, "at" | "id">): number {
  if (a.at !== b.at) return a.at < b.at ? 1 : -1;
  return a.id === b.id ? 0 : a.id < b.id ? 1 : -1;
}

/** A sorted list with items that are new, each once: costs their sorting, and one walk. */
export function merge(sorted: readonly Item[], fresh: readonly Item[]): readonly Item[] {
  const added = [...fresh].sort(byTime);
  const merged: Item[] = [];
  let [i, j] = [0, 0];
  while (i < sorted.length || j < added.length) {
    const [one, other] = [sorted[i], added[j]];
    const isOne = !other || (one !== undefined && byTime(one, other) <= 0);
    const next = isOne ? one : other;
    if (isOne) i += 1;
    else j += 1;
    if (next && next.id !== merged.at(-1)?.id) merged.push(next);
  }
  return merged;
}

/** Items after a place, some of them. */
export interface Page {
  readonly items: readonly Item[];
  /** The place of the next page; absent where this is the last one. */
  readonly next?: string;
}

/**
 * The items after a cursor. It names the item that it stands behind, so that nothing is left out or
 * comes twice when the feed was made anew in between.
 *
 * @throws RangeError where the cursor is none
 */
export function pageOf(items: readonly Item[], limit: number, cursor?: string): Page {
  const [, at = "", id = ""] = /^([^_]+)_(.+)$/.exec(cursor ?? "") ?? [];
  if (cursor !== undefined && Number.isNaN(Date.parse(at))) {
    throw new RangeError("cursor is none of a feed's");
  }
  const sorted = [...items].sort(byTime);
  const rest = cursor ? sorted.filter((item) => byTime({ at, id }, item) < 0) : sorted;
  const page = rest.slice(0, limit);
  const last = page.at(-1);
  return { items: page, ...(last && rest.length > limit && { next: `${last.at}_${last.id}` }) };
}
