import type { ReadChannel, ReadWire } from "@deltawire/client";
import { type Context, createContext, useContext } from "react";

/** The wire of the nearest provider. */
export const WireContext: Context<ReadWire | undefined> = createContext<ReadWire | undefined>(
  undefined,
);

/** A channel by its name on the provider's wire, or itself: that needs no provider. */
export type ChannelSource = string | ReadChannel;

/**
 * The provider's wire.
 *
 * @param who asks, for the message
 * @throws Error where there is no provider
 */
export function useWire(who: string): ReadWire {
  const wire = useContext(WireContext);
  if (wire) return wire;
  throw missing(who);
}

/**
 * The channel that is meant, whatever it is read by.
 *
 * @throws Error where it is named and there is no provider
 */
export function useSource(who: string, source: ChannelSource): ReadChannel {
  const wire = useContext(WireContext);
  if (typeof source !== "string") return source;
  if (wire) return wire.known(source) ?? wire.channel(source);
  throw missing(who);
}

export function missing(who: string): Error {
  return new Error(
    `${who} finds no wire: render it inside a <DeltawireProvider wire={connect(url)}>`,
  );
}
