import type { Message } from "@deltawire/client";
import { useSyncExternalStore } from "react";
import { storeOf } from "./channel-view.js";
import { type ChannelSource, useSource } from "./wire-context.js";

/**
 * One message of a channel. Renders when that message changes, whatever else does.
 *
 * @param channel its name, or the channel itself
 * @returns undefined while there is no such message, and where a server renders
 * @throws Error where it is a name and there is no provider
 * @throws DeltawireError `limit_exceeded` or `ill_formed_text` for what is no name
 * @example
 * const reply = useMessage("thread-42", "turn-7");
 * return <article aria-busy={reply?.status === "streaming"}>{reply?.text}</article>;
 */
export function useMessage(channel: ChannelSource, id: string): Message | undefined {
  const store = storeOf(useSource("useMessage", channel));
  const read = (): Message | undefined => store.get().state.message(id);
  return useSyncExternalStore(store.subscribe, read, nothing);
}

function nothing(): undefined {
  return undefined;
}
