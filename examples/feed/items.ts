import type { ServerChannel } from "@deltawire/server";
import { ITEM, SOURCE } from "./feed.js";

type Message = ServerChannel["state"]["messages"][number];

/** An item, as users of the API get it. */
export interface Item {
  readonly id: string;
  readonly source: string;
  /** ISO 8601. */
  readonly at: string;
  readonly author: string;
  readonly title: string;
}

/** A source that could not be read, and why. */
export interface Failure {
  readonly source: string;
  readonly error: string;
}

/** The items among messages. */
export const itemsOf = (messages: readonly Message[]): readonly Item[] =>
  messages.filter(({ kind }) => kind === ITEM).map(itemOf);

function itemOf({ id, attributes, text }: Message): Item {
  const { source, at, author } = attributes as Record<"source" | "at" | "author", string>; // feed.ts writes them
  return { id, source, at, author, title: text };
}

/** The sources among messages that have failed. */
export function failuresOf(messages: readonly Message[]): readonly Failure[] {
  return messages.flatMap(({ id, kind, attributes: { state, error } }) =>
    kind === SOURCE && state === "failed" ? [{ source: id, error: String(error) }] : [],
  );
}

/** What stands before what: newest first, and among those of one time by id. */
export function byTime(a: Item, b: Item): number {
  if (a.at !== b.at) return a.at < b.at ? 1 : -1;
  return a.id === b.id ? 0 : a.id < b.id ? 1 : -1;
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
  const after = cursor === undefined ? undefined : placeOf(cursor);
  const sorted = [...items].sort(byTime);
  const rest = after ? sorted.filter((item) => byTime(after, item) < 0) : sorted;
  const page = rest.slice(0, limit);
  const last = page.at(-1);
  return { items: page, ...(last && rest.length > limit && { next: cursorOf(last) }) };
}

const cursorOf = ({ at, id }: Item): string => Buffer.from(`${at} ${id}`).toString("base64url");

function placeOf(cursor: string): Item {
  const [at = "", id = ""] = Buffer.from(cursor, "base64url").toString().split(" ");
  if (Number.isNaN(Date.parse(at)) || id === "") throw new RangeError("cursor is none of a feed's");
  return { id, at, source: "", author: "", title: "" };
}
