import type { ChannelState, Message } from "@deltawire/protocol";
import type { Filterable } from "@deltawire/protocol/filter";
import type { Change } from "@deltawire/spec";

/** What a frame of a channel does to a message of a view; of those that it does not concern nothing is said. */
export type Fate =
  /** It is there, and stays; `isAnew`: it was removed in the frame, and came again. */
  | { readonly is: "kept"; readonly message: Message; readonly isAnew: boolean }
  /** It begins in the channel, and matches. */
  | { readonly is: "new"; readonly message: Message }
  /** It begins to match; it was in the channel before. */
  | { readonly is: "entered"; readonly message: Message }
  /** It is no more, or does not match any more. */
  | { readonly is: "gone" };

/** Between which states, and for which view, {@link fatesOf} asks. */
export interface Turn {
  /** The channel before the frame, and after it. */
  readonly before: ChannelState;
  readonly after: ChannelState;
  /** The view before it. */
  readonly view: ChannelState;
  matches(message: Filterable): boolean;
}

/** The fates of the messages that changes are about, in the order in which those that come do so. */
export function fatesOf(changes: readonly Change[], turn: Turn): Map<string, Fate> {
  const touched = new Set<string>();
  const removed = new Set<string>();
  for (const change of changes) {
    if (!("id" in change)) continue;
    const { id } = change;
    // What is added comes last, also where it was there before, and was removed.
    if (change.type === "message_added" && removed.has(id)) touched.delete(id);
    touched.add(id);
    if (change.type === "message_removed") removed.add(id);
  }
  const fates = new Map<string, Fate>();
  for (const id of touched) {
    const fate = fateOf(id, turn, removed.has(id));
    if (fate) fates.set(id, fate);
  }
  return fates;
}

function fateOf(
  id: string,
  { before, after, view, matches }: Turn,
  isRemoved: boolean,
): Fate | undefined {
  const was = view.message(id) !== undefined;
  const old = before.message(id);
  const message = after.message(id);
  const looksTheSame =
    old !== undefined &&
    old.attributes === message?.attributes &&
    old.role === message.role &&
    old.kind === message.kind;
  const is = message && (looksTheSame ? was : matches(message));
  if (!message || !is) return was ? { is: "gone" } : undefined;
  if (was) return { is: "kept", message, isAnew: isRemoved };
  return { is: old && !isRemoved ? "entered" : "new", message };
}
