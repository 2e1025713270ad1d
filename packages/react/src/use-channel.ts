import type { Channel, ChannelOptions, ReadChannel } from "@deltawire/client";
import { useSyncExternalStore } from "react";
import { type ChannelView, storeOf } from "./channel-view.js";
import { useReadChannel } from "./use-read-channel.js";
import type { ChannelSource } from "./wire-context.js";

/**
 * A channel, read while the component is mounted. Renders when anything in it changes, at most once
 * an animation frame. Hand its messages to memoised components, or their ids to ones that use
 * {@link useMessage}: then only those render whose message has changed.
 *
 * @param name the channel's, on the provider's wire
 * @param options how it is written and read: they count the first time the name is used, but
 *   `filter`, which may be another one with any render
 * @throws Error where there is no provider
 * @throws DeltawireError `limit_exceeded` or `ill_formed_text` for what is no name, and, to the error
 *   boundary, `limit_exceeded` where another component reads the channel by another filter
 * @example
 * const { messages, status, error, channel } = useChannel("thread-42", { last: 50 });
 * if (error) return <p role="alert">{error.message}</p>;
 * return <button onClick={() => channel.command("stop")}>Stop</button>;
 * @example
 * const { messages } = useChannel("graph", { filter: { attributes: { "/folder": folder } } });
 * @example
 * const { messages } = useChannel<ReadChannel>("thread-42"); // on a wire of @deltawire/client/reader
 */
export function useChannel<C extends ReadChannel = Channel>(
  name: string,
  options?: ChannelOptions,
): ChannelView<C>;
/** A channel that is at hand, as above: that needs no provider. */
export function useChannel<C extends ReadChannel>(channel: C): ChannelView<C>;
export function useChannel(
  channel: ChannelSource,
  options?: ChannelOptions,
): ChannelView<ReadChannel> {
  const store = storeOf(useReadChannel("useChannel", channel, options));
  return useSyncExternalStore(store.subscribe, store.get, () => store.unread);
}
