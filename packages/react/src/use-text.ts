import type { Part } from "@deltawire/client";
import { useSyncExternalStore } from "react";
import { storeOf } from "./channel-view.js";
import { type ChannelSource, useSource } from "./wire-context.js";

/**
 * The text of one part of a message. Renders when that text changes, whatever else of the message
 * does. Each render reads and shows the whole text: for a long one see {@link ChannelText}.
 *
 * @param channel its name, or the channel itself
 * @param part the part's id. @default "text"
 * @returns `""` while there is no such text, and where a server renders
 * @throws Error where it is a name and there is no provider
 * @throws DeltawireError `limit_exceeded` or `ill_formed_text` for what is no name
 * @example
 * const thoughts = useText("thread-42", "turn-7", "reasoning");
 */
export function useText(channel: ChannelSource, message: string, part = "text"): string {
  const store = storeOf(useSource("useText", channel));
  // The part and not its text: React compares what it gets, and two long texts cost their length.
  const read = (): Part | undefined => store.get().state.message(message)?.part(part);
  const found = useSyncExternalStore(store.subscribe, read, nothing);
  return found?.kind === "text" ? found.text : "";
}

function nothing(): undefined {
  return undefined;
}
