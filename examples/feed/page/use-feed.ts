import type { ReadChannel } from "@deltawire/client/reader";
import { useChannel } from "@deltawire/react";
import { useRef, useState } from "react";
import { type Item, itemsOf, merge } from "../items.js";

type State = ReadChannel["state"];

/** A source of the feed: how far it is. */
export interface Source {
  readonly name: string;
  readonly state: "pending" | "done" | "failed";
  readonly error?: string;
}

/** A person's feed, as far as it is there. */
export interface Feed {
  readonly items: readonly Item[];
  readonly sources: readonly Source[];
  readonly isComplete: boolean;
  /** Why there is none. */
  readonly error: string | undefined;
  /** Milliseconds from when it was asked for to the first item, and to the end. */
  readonly first: number | undefined;
  readonly complete: number | undefined;
}

/** Reads a feed. */
export function useFeed(person: string): Feed {
  const { state, error } = useChannel<ReadChannel>(`feed/${person}`);
  const items = useSorted(state);
  const isComplete = state.closed !== undefined;
  return {
    items,
    sources: sourcesOf(state),
    isComplete,
    error: state.closed?.error?.message ?? error?.message,
    first: useTimeUntil(items.length > 0),
    complete: useTimeUntil(isComplete),
  };
}

const NOTHING = { epoch: "", taken: 0, items: [] as readonly Item[] };

/** The items in order; work for those that are new is their sorting, and one walk over all. */
function useSorted({ epoch, messages }: State): readonly Item[] {
  const merged = useRef(NOTHING);
  const isSame = merged.current.epoch === epoch && merged.current.taken <= messages.length;
  const { taken, items } = isSame ? merged.current : NOTHING; // or what was shown is stated anew
  if (!isSame || taken < messages.length) {
    const fresh = itemsOf(messages.slice(taken));
    merged.current = { epoch, taken: messages.length, items: merge(items, fresh) };
  }
  return merged.current.items;
}

/** Milliseconds from the first rendering to the one in which something is so. */
function useTimeUntil(is: boolean): number | undefined {
  const [since] = useState(() => performance.now());
  const [time, setTime] = useState<number>();
  if (is && time === undefined) setTime(Math.round(performance.now() - since));
  return time;
}

function sourcesOf(state: State): readonly Source[] {
  const names = (state.attributes.sources ?? []) as readonly string[]; // feed.ts writes them
  return names.map((name) => {
    const attributes = state.message(name)?.attributes as Omit<Source, "name"> | undefined; // and these
    return { state: "pending", ...attributes, name };
  });
}
