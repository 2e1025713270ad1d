import type { Frame, Subprotocol } from "@deltawire/spec";
import type { ChannelState } from "./channel-state.js";
import type { SharedFrame } from "./shared-frame.js";

/** One WebSocket message: text in the JSON codec, binary in MessagePack. */
export type Wire = string | Uint8Array;

/** One end of a connection's codec. Both directions of a connection have state of their own. */
export interface Codec {
  readonly subprotocol: Subprotocol;
  /**
   * The messages that carry a frame, in order.
   *
   * @param after the state that `changes` lead to, where the other end may not know what is needed
   *   to read them: they go as a catch-up then, which states the codec context after them
   */
  encode(frame: Frame, after?: ChannelState): Wire[];
  /**
   * The messages that carry a frame whose context many connections share; encodes it once.
   *
   * @param isCompressed whether the other end reads compressed forms, and holds what this one needs
   */
  encodeShared(frame: SharedFrame, isCompressed?: boolean): Wire[];
  /**
   * The frame that a message carries, if it carries one.
   *
   * @throws DeltawireError of the group `correct`, with a path
   */
  decode(message: Wire): Frame | undefined;
}

/** The state of a channel's replica here, where there is one. */
export type StateOf = (channel: string) => ChannelState | undefined;
