import type { ReadChannel } from "@deltawire/client/reader";
import { useChannel } from "@deltawire/react";
import { useRef } from "react";
import { type Item, merge } from "./merge.js";

/** A source of the feed: how far it is. */
export interface Source {
  readonly name: string;
  readonly label: string;
  readonly state: "pending" | "done" | "failed";
  readonly error?: string;
}

/** A person's feed, as far as it is there. */
export interface Feed {
  readonly items: readonly Item[];
  readonly sources: readonly Source[];
  readonly isComplete: boolean;
  /** Why there is none. */
  readonly error?: string;
  /** Milliseconds from when it was asked for to the first item, and to the end. */
  readonly first?: number;
  readonly complete?: number;
}

/** What was merged already, of which incarnation of the channel. */
interface Merged {
  readonly epoch: string;
  readonly taken: number;
  readonly items: readonly Item[];
  readonly since: number;
  readonly first?: number;
  readonly complete?: number;
}

/** Reads a feed; work for a batch of items is its sorting, and one walk over what is shown. */
export function useFeed(person: string): Feed {
  const { state, error } = useChannel<ReadChannel>(`feed/${person}`);
  const merged = useRef<Merged>({ epoch: "", taken: 0, items: [], since: performance.now() });
  const { messages, closed, epoch } = state;
  const before = merged.current;
  const isSame = before.epoch === epoch && messages.length >= before.taken;
  const at = isSame ? before : { ...before, taken: 0, items: [] }; // what was shown is stated anew
  if (!isSame || messages.length > before.taken || (closed && before.complete === undefined)) {
    const fresh = messages
      .slice(at.taken)
      .filter(({ kind }) => kind === "item")
      .map(itemOf);
    const items = merge(at.items, fresh);
    const now = Math.round(performance.now() - at.since);
    merged.current = {
      ...at,
      ...(at.first === undefined && items.length > 0 && { first: now }),
      ...(at.complete === undefined && closed && { complete: now }),
      epoch,
      taken: messages.length,
      items,
    };
  }
  const { items, first, complete } = merged.current;
  const why = closed?.error?.message ?? error?.message;
  return {
    items,
    sources: sourcesOf(state),
    isComplete: closed !== undefined,
    ...(why !== undefined && { error: why }),
    ...(first !== undefined && { first }),
    ...(complete !== undefined && { complete }),
  };
}

type State = ReadChannel["state"];

// The attributes are those that the loader writes (feed.ts), here and below.
function itemOf({ id, attributes, text }: State["messages"][number]): Item {
  const { source, at, author } = attributes as Record<"source" | "at" | "author", string>;
  return { id, source, at, author, title: text };
}

function sourcesOf(state: State): readonly Source[] {
  const known = (state.attributes.sources ?? []) as unknown as readonly Omit<Source, "state">[];
  return known.map(({ name, label }) => {
    const { state: is, error } = state.message(name)?.attributes ?? {};
    if (is === "failed") return { name, label, state: is, error: String(error) };
    return { name, label, state: is === "done" ? is : "pending" };
  });
}
