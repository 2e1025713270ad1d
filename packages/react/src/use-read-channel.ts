import type { ChannelOptions, ReadChannel, ReadWire } from "@deltawire/client";
import { useContext, useEffect } from "react";
import { type ChannelSource, missing, WireContext } from "./wire-context.js";

/** Components that are mounted and read a channel, all of them by the filter that it has. */
const readers = new WeakMap<ReadChannel, number>();

/**
 * The channel that is meant, read by a filter, or by none. What renders may never be mounted, and
 * who reads by another filter may be about to go: another filter is asked for once it is mounted.
 *
 * @throws Error where it is named and there is no provider; DeltawireError `limit_exceeded`, to the
 *   error boundary, where a component that stays reads by another filter
 */
export function useReadChannel(
  who: string,
  source: ChannelSource,
  options: ChannelOptions | undefined,
): ReadChannel {
  const wire = useContext(WireContext);
  const name = typeof source === "string" ? source : undefined;
  if (name !== undefined && !wire) throw missing(who);
  const channel = typeof source === "string" ? find(wire as ReadWire, source, options) : source;
  const filter = JSON.stringify(options?.filter);
  // biome-ignore lint/correctness/useExhaustiveDependencies: of the options it is the filter alone
  useEffect(() => {
    if (name === undefined || !wire) return undefined;
    const others = readers.get(channel) ?? 0;
    try {
      wire.channel(name, options);
    } catch (error) {
      if (others > 0) throw error;
      channel.setFilter(options?.filter);
    }
    readers.set(channel, others + 1);
    return () => void readers.set(channel, (readers.get(channel) ?? 1) - 1);
  }, [wire, channel, name, filter]);
  return channel;
}

/** It, though it is still read by another filter. */
function find(wire: ReadWire, name: string, options: ChannelOptions | undefined): ReadChannel {
  try {
    return wire.channel(name, options);
  } catch (error) {
    const known = wire.known(name);
    if (known) return known;
    throw error;
  }
}
