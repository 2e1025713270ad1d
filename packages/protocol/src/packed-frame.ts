import { LIMITS } from "@deltawire/spec";
import type { ChannelState } from "./channel-state.js";
import type { CodecContext } from "./codec-context.js";
import {
  COMPRESSED,
  compressLive,
  compressStatement,
  type Deflate,
  withRecent,
} from "./compressed-forms.js";
import { type ContextFrame, encodeCatchUp, encodeInContext } from "./msgpack-codec.js";

/** Bytes of a message below which it is hardly ever made smaller. */
const MIN_COMPRESSED = 7;

/** Bytes, to all who take them, from which on compressing costs less than sending. */
const MIN_SENT = 256;

/**
 * Bytes of a payload above which a compressed form must be smaller by a tenth: to inflate a large
 * one takes its reader long.
 */
export const LARGE_PAYLOAD = 10_240;

/** What a large payload may come to, of what it was. */
const MOST_OF_LARGE = 0.9;

/** How a frame may be compressed. */
export interface Compression {
  readonly deflate: Deflate;
  /** Of a live frame: the channel's state before it. */
  readonly before?: ChannelState;
  /** How many take the frame with plain values, about. @default 1 */
  readonly takers?: number;
  /** How many take it with compact values, about. @default 1 */
  readonly compactTakers?: number;
}

/** A frame of a channel as MessagePack, for all who take it in one way. */
export class PackedFrame {
  /** As it is sent to who does not read compressed forms. */
  readonly plain: Uint8Array;
  /** Bytes that it would have, were neither its values compact nor the whole compressed. */
  readonly original: number;
  readonly #frame: ContextFrame;
  readonly #compression: Compression | undefined;
  /** What the context keeps before a live frame, or after one that states it. */
  readonly #recent: Uint8Array | undefined;
  #compressed: Uint8Array | undefined;

  readonly #takers: number;

  /** @param restates whether `changes` go as a catch-up, see `SharedFrameOptions` */
  constructor(
    frame: ContextFrame,
    context: CodecContext,
    restates: boolean,
    compression: Compression | undefined,
  ) {
    const { takers = 1, compactTakers = 1 } = compression ?? {};
    this.#takers = context.keys ? compactTakers : takers;
    this.#frame = frame;
    this.#compression = compression;
    this.#recent = context.recent;
    const isCatchUp = restates && frame.type === "changes";
    this.plain = isCatchUp ? encodeCatchUp(context, frame) : encodeInContext(context, frame);
    this.original = this.plain.length + context.saved;
  }

  /** For a client that reads compressed forms: the compressed one, or the plain one where that pays. */
  get compressed(): Uint8Array {
    this.#compressed ??= this.#compress();
    return this.#compressed;
  }

  /** Whether {@link compressed} is a compressed form. */
  get isCompressed(): boolean {
    const first = this.compressed[0] as number; // no message is empty
    return first >= COMPRESSED.append && first <= COMPRESSED.appends;
  }

  /** Bytes that a form inflates to, and its compact values stand for: what a reader bounds. */
  sizeOf(isCompressed: boolean): number {
    const recent = isCompressed && !this.#compression?.before ? (this.#recent?.length ?? 0) : 0;
    return recent === 0 ? this.original : this.original + recent + 4; // its header, and a 0 before it
  }

  #compress(): Uint8Array {
    const { plain } = this;
    const frame = this.#frame;
    if (!this.#compression || frame.type === "checkpoint") return plain;
    const { deflate, before } = this.#compression;
    const recent = this.#recent ?? new Uint8Array();
    if (before) {
      if (plain.length < MIN_COMPRESSED || plain.length * this.#takers < MIN_SENT) return plain;
      return smaller(plain, compressLive(plain, before, recent, deflate));
    }
    // What is stated is stated to whom a compressed form may come next, whatever that costs.
    const states = frame.type === "changes" || !frame.more;
    const whole = states ? withRecent(plain, recent) : plain;
    if (whole.length < MIN_SENT || whole.length > LIMITS.max_frame_bytes) return whole;
    return smaller(whole, compressStatement(whole, deflate));
  }
}

/** The compressed one, where it is smaller: by a tenth at least where it was large. */
function smaller(plain: Uint8Array, compressed: Uint8Array): Uint8Array {
  const share = plain.length > LARGE_PAYLOAD ? MOST_OF_LARGE : 1;
  const isWorthIt =
    share < 1 ? compressed.length <= share * plain.length : compressed.length < plain.length;
  return isWorthIt ? compressed : plain;
}
