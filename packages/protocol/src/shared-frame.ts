import type { CodecContext } from "./codec-context.js";
import { encodeJson } from "./json-text.js";
import type { ContextFrame } from "./msgpack-codec.js";
import { type Compression, LARGE_PAYLOAD, PackedFrame } from "./packed-frame.js";

/** How a {@link SharedFrame} is encoded. */
export interface SharedFrameOptions {
  /**
   * `changes` go as a catch-up, of however few versions: they state the context, which is the one
   * after them already. @default false
   */
  readonly restates?: boolean;
  /** @default none: there is no compressed form */
  readonly compression?: Compression | undefined;
}

/** The codec contexts of a channel: one for each way in which somebody takes values. */
export interface Contexts {
  readonly plain?: CodecContext | undefined;
  readonly compact?: CodecContext | undefined;
}

/** How one takes MessagePack. */
export interface Form {
  /** Whether values are compact, where they can be. */
  readonly isCompact?: boolean;
  /** Whether what can be compressed is. */
  readonly isCompressed?: boolean;
}

/**
 * A frame of a channel, encoded at most once for each codec, and for each way of taking it, however
 * many subscribers it has, and compressed at most once. The same bytes are the same object.
 */
export class SharedFrame {
  /** Bytes of a payload above which it is large: it is told of, and sent compressed if a tenth goes. */
  static readonly largePayload: number = LARGE_PAYLOAD;
  readonly frame: ContextFrame;
  /** Whether its compressed form can be read by those only who hold the whole dictionary. */
  readonly needsState: boolean;
  readonly #plain: PackedFrame | undefined;
  readonly #compact: PackedFrame | undefined;
  #json: string | undefined;

  /** @param contexts the channel's, as far as somebody is there who takes frames in them */
  constructor(frame: ContextFrame, contexts: Contexts = {}, options: SharedFrameOptions = {}) {
    const { restates = false, compression } = options;
    const { plain, compact } = contexts;
    this.frame = frame;
    this.needsState = compression?.before !== undefined;
    this.#plain = plain && new PackedFrame(frame, plain, restates, compression);
    this.#compact = compact && new PackedFrame(frame, compact, restates, compression);
  }

  get json(): string {
    this.#json ??= encodeJson(this.frame);
    return this.#json;
  }

  /** As MessagePack. @param isCompact whether its values are compact */
  packed(isCompact = false): PackedFrame {
    const packed = isCompact ? this.#compact : this.#plain;
    if (!packed) throw new TypeError("this frame was not encoded as MessagePack in this way");
    return packed;
  }
}
