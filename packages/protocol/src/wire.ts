import type { BytesForm, Frame, Subprotocol } from "@deltawire/spec";
import type { ChannelState } from "./channel-state.js";
import type { Form, SharedFrame } from "./shared-frame.js";

/** One WebSocket message: text in the JSON codec, binary in MessagePack. */
export type Wire = string | Uint8Array;

/** Makes a frame of unknown input, or throws. @see parseFrame */
export type Gate = (value: unknown, form: BytesForm) => Frame;

/** One end of a connection's codec. Both directions of a connection have state of their own. */
export interface Codec {
  readonly subprotocol: Subprotocol;
  /** Whether the other end may write compact values; so long as it may not, they are refused. */
  readsCompact: boolean;
  /** Whether the other end reads compact values: then what this end alone sends is compact. */
  writesCompact: boolean;
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
   * @param form what the other end reads, and holds what is needed for. @default plain
   */
  encodeShared(frame: SharedFrame, form?: Form): Wire[];
  /**
   * The frame that a message carries, if it carries one.
   *
   * @throws DeltawireError of the group `correct`, with a path
   */
  decode(message: Wire): Frame | undefined;
}

/** The state of a channel's replica here, where there is one. */
export type StateOf = (channel: string) => ChannelState | undefined;
