import { LIMITS } from "@deltawire/spec";
import type { ChannelState } from "./channel-state.js";
import type { CodecContext } from "./codec-context.js";
import { compressLive, compressStatement, type Deflate, withRecent } from "./compressed-forms.js";
import { encodeJson } from "./json-text.js";
import { type ContextFrame, encodeCatchUp, encodeInContext } from "./msgpack-codec.js";

/** Bytes of a message below which it is hardly ever made smaller. */
const MIN_COMPRESSED = 7;

/** Bytes, to all who take them, from which on compressing costs less than sending. */
const MIN_SENT = 256;

/** How a frame may be compressed. */
export interface Compression {
  readonly deflate: Deflate;
  /** Of a live frame: the channel's state before it. */
  readonly before?: ChannelState;
  /** How many take the frame, about. @default 1 */
  readonly takers?: number;
}

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

/**
 * A frame of a channel, encoded at most once for each codec however many subscribers it has, and
 * compressed at most once. The same bytes are the same object.
 */
export class SharedFrame {
  readonly frame: ContextFrame;
  readonly #msgpack: Uint8Array | undefined;
  readonly #compression: Compression | undefined;
  /** What the context keeps before a live frame, or after one that states it. */
  readonly #recent: Uint8Array | undefined;
  #compressed: Uint8Array | undefined;
  #json: string | undefined;

  /** @param context the channel's; undefined where no subscriber speaks MessagePack */
  constructor(
    frame: ContextFrame,
    context: CodecContext | undefined,
    { restates = false, compression }: SharedFrameOptions = {},
  ) {
    this.frame = frame;
    if (!context) return;
    this.#compression = compression;
    this.#recent = context.recent;
    const isCatchUp = restates && frame.type === "changes";
    this.#msgpack = isCatchUp ? encodeCatchUp(context, frame) : encodeInContext(context, frame);
  }

  get json(): string {
    this.#json ??= encodeJson(this.frame);
    return this.#json;
  }

  get msgpack(): Uint8Array {
    if (!this.#msgpack) throw new TypeError("this frame was not encoded as MessagePack");
    return this.#msgpack;
  }

  /** For a client that reads compressed forms: the compressed one, or the plain one where that pays. */
  get compressed(): Uint8Array {
    this.#compressed ??= this.#compress();
    return this.#compressed;
  }

  /** Bytes that {@link compressed} inflates to, or has. */
  get size(): number {
    const { length } = this.msgpack;
    const recent = this.needsState ? 0 : (this.#recent?.length ?? 0);
    return recent === 0 ? length : length + recent + 4; // its header, and a 0 before it
  }

  /** Whether {@link compressed} can be read by those only who hold the whole dictionary. */
  get needsState(): boolean {
    return this.#compression?.before !== undefined;
  }

  #compress(): Uint8Array {
    const { msgpack: plain, frame } = this;
    if (!this.#compression || frame.type === "checkpoint") return plain;
    const { deflate, before, takers = 1 } = this.#compression;
    const recent = this.#recent ?? new Uint8Array();
    if (before) {
      if (plain.length < MIN_COMPRESSED || plain.length * takers < MIN_SENT) return plain;
      return smaller(plain, compressLive(plain, before, recent, deflate));
    }
    // What is stated is stated to whom a compressed form may come next, whatever that costs.
    const states = frame.type === "changes" || !frame.more;
    const whole = states ? withRecent(plain, recent) : plain;
    if (whole.length < MIN_SENT || whole.length > LIMITS.max_frame_bytes) return whole;
    return smaller(whole, compressStatement(whole, deflate));
  }
}

const smaller = (one: Uint8Array, other: Uint8Array): Uint8Array =>
  other.length < one.length ? other : one;
