import {
  type ChannelFrame,
  DeltawireError,
  type Frame,
  LIMITS,
  SUBPROTOCOLS,
} from "@deltawire/spec";
import { APPENDS } from "./appends.js";
import type { ChannelState } from "./channel-state.js";
import { CodecContext } from "./codec-context.js";
import { COMPRESSED, decodeCompressed } from "./compressed-forms.js";
import { checkLength } from "./message-size.js";
import {
  APPEND_BY_ORDINAL,
  ARRAY,
  type ContextFrame,
  encodeCatchUp,
  encodeInContext,
  isLive,
  pack,
} from "./msgpack-codec.js";
import { decodeInContext } from "./msgpack-reader.js";
import { tuplesOf } from "./msgpack-tuples.js";
import { NameTable } from "./name-table.js";
import type { Form, SharedFrame } from "./shared-frame.js";
import { Unpacker } from "./unpacker.js";
import type { Codec, Gate, StateOf, Wire } from "./wire.js";

/** Control frames whose channel is the selected one. */
const NAMED = [
  ...["subscribe", "subscribed", "unsubscribe", "history", "history_page"],
  ...["produce", "producing", "ack", "command", "command_result"],
];

/** Frames that carry a `channel` field even in MessagePack, since they may also have none. */
const isChannelFrame = (frame: Frame): frame is ChannelFrame =>
  "channel" in frame && frame.type !== "error";

/** One end of a connection that speaks MessagePack: see {@link Codec}. */
export class MsgpackCodec implements Codec {
  readonly subprotocol: typeof SUBPROTOCOLS.msgpack = SUBPROTOCOLS.msgpack;
  readsCompact = false;
  writesCompact = false;
  /** Numbers of the channels that this end has selected, and the one it selected last. */
  readonly #numbers = new Map<string, number>();
  #selected: string | undefined;
  /** The same, of the other end. */
  readonly #channels = new Map<number, string>();
  #current: string | undefined;
  /** Contexts of what this end sends alone, and of what it receives, by channel; made for the first. */
  #sending: Map<string, CodecContext> | undefined;
  #receiving: Map<string, CodecContext> | undefined;
  readonly #gate: Gate;
  readonly #stateOf: StateOf | undefined;

  /**
   * @param gate what comes goes through it: `parseFrame` at a server, `parseDownward` at a client
   * @param stateOf what compressed forms are read with; without it they are refused
   */
  constructor(gate: Gate, stateOf?: StateOf) {
    this.#gate = gate;
    this.#stateOf = stateOf;
  }

  encode(frame: Frame, after?: ChannelState): Wire[] {
    if (!isChannelFrame(frame)) return [pack(frame)];
    const { channel } = frame;
    const message = this.#encodeInChannel(frame, after); // before select: it may throw
    return this.#selected === channel ? [message] : [...this.#select(channel), message];
  }

  #encodeInChannel(frame: ChannelFrame, after: ChannelState | undefined): Uint8Array {
    const { channel } = frame;
    if (frame.type === "changes" && after) {
      const context = CodecContext.of(after, this.writesCompact);
      const message = encodeCatchUp(context, frame);
      this.#begin(channel, context);
      return message;
    }
    if (frame.type === "changes" || frame.type === "snapshot" || frame.type === "checkpoint") {
      const context = this.#sending?.get(channel) ?? this.#begin(channel);
      if (this.writesCompact) context.keys ??= new NameTable();
      return encodeAlone(context, frame);
    }
    if (frame.type === "produce") this.#begin(channel);
    if (frame.type === "producing")
      this.#follow(channel, new CodecContext(frame.seq, this.readsCompact));
    if (frame.type === "unsubscribe") this.#receiving?.delete(channel);
    const { channel: _, ...rest } = frame;
    return pack(rest);
  }

  #begin(channel: string, context: CodecContext = new CodecContext()): CodecContext {
    this.#sending ??= new Map();
    this.#sending.set(channel, context);
    return context;
  }

  #follow(channel: string, context: CodecContext): CodecContext {
    this.#receiving ??= new Map();
    this.#receiving.set(channel, context);
    return context;
  }

  encodeShared(shared: SharedFrame, { isCompact, isCompressed }: Form = {}): Wire[] {
    const packed = shared.packed(isCompact);
    const message = isCompressed ? packed.compressed : packed.plain;
    const { channel } = shared.frame;
    return this.#selected === channel ? [message] : [...this.#select(channel), message];
  }

  /** Says which channel the next frames are about, unless it is the one that was said last. */
  #select(channel: string): Wire[] {
    if (this.#selected === channel) return [];
    this.#selected = channel;
    const number = this.#numbers.get(channel);
    if (number !== undefined) return [pack([ARRAY.select, number])];
    // Past the bound numbers are taken anew, oldest first; stating a name binds it.
    const next = this.#numbers.size < LIMITS.max_channels ? this.#numbers.size : this.#oldest();
    this.#numbers.set(channel, next);
    return [pack([ARRAY.select, next, channel])];
  }

  #oldest(): number {
    const [[channel, number] = ["", 0]] = this.#numbers;
    this.#numbers.delete(channel);
    this.#sending?.delete(channel);
    return number;
  }

  decode(message: Wire): Frame | undefined {
    if (typeof message === "string" || message.length === 0) {
      const what = `${this.subprotocol} has binary messages of at least one byte only`;
      throw new DeltawireError("malformed", what, { path: "" });
    }
    checkLength(message.length);
    const first = message[0] as number; // it has one
    if ((first === 0x92 || first === 0x93) && message[1] === ARRAY.select) {
      return this.#onSelect(message);
    }
    const array = (first >= 0x90 && first < 0xa0) || first === 0xdc || first === 0xdd;
    if (first < 0x80 || first === APPEND_BY_ORDINAL || first === APPENDS || array) {
      const channel = this.#channel();
      return decodeInContext(this.#context(channel), channel, message);
    }
    if (first < 0x90 || first === 0xde || first === 0xdf) {
      return this.#decodeMap(new Unpacker(message).only());
    }
    if (this.#stateOf && first >= COMPRESSED.append && first <= COMPRESSED.appends) {
      const channel = this.#channel();
      return decodeCompressed(this.#context(channel), channel, message, this.#stateOf(channel));
    }
    const what = `no frame begins with the byte 0x${first.toString(16)}`;
    throw new DeltawireError("malformed", what, { path: "#byte=0" });
  }

  /** What is known of a channel; nothing, until a snapshot or a catch-up has stated it. */
  #context(channel: string): CodecContext {
    const known = this.#receiving?.get(channel);
    if (known) return known;
    const context = this.#follow(channel, new CodecContext(0, this.readsCompact));
    context.lost = true;
    if (this.#stateOf) context.recent = new Uint8Array();
    return context;
  }

  #onSelect(message: Uint8Array): undefined {
    this.#current = undefined; // whatever fails below: the frames that follow are not of the old one
    const value = new Unpacker(message).only();
    const [, number, name]: readonly unknown[] = Array.isArray(value) ? value : [];
    if (typeof number !== "number" || !Number.isInteger(number) || number < 0) {
      throw new DeltawireError("malformed", "expected the number of a channel", { path: "/1" });
    }
    if (number >= LIMITS.max_channels) {
      const what = `max_channels (${LIMITS.max_channels}) exceeded by select`;
      throw new DeltawireError("limit_exceeded", what, { path: "/1" });
    }
    if (name !== undefined) {
      if (typeof name !== "string" || name === "" || name.length > LIMITS.max_id_length) {
        throw new DeltawireError("malformed", "expected the name of a channel", { path: "/2" });
      }
      const before = this.#channels.get(number);
      if (before !== undefined && before !== name) this.#receiving?.delete(before);
      this.#channels.set(number, name);
    }
    this.#current = this.#channels.get(number);
    this.#channel();
  }

  #channel(): string {
    if (this.#current !== undefined) return this.#current;
    throw new DeltawireError("unexpected_frame", "no channel is selected", { path: "" });
  }

  #decodeMap(value: unknown): Frame {
    const plain: { readonly type?: unknown } = Object(value);
    const named = typeof plain.type === "string" && NAMED.includes(plain.type);
    const frame = this.#gate(named ? { ...plain, channel: this.#channel() } : plain, "bin");
    if (frame.type === "changes" || frame.type === "snapshot" || frame.type === "checkpoint") {
      const what = `${frame.type} is an array in MessagePack`;
      throw new DeltawireError("malformed", what, { path: "/type" });
    }
    return frame;
  }
}

/**
 * Encodes a frame in a context that follows it alone: one that no live frames of other connections
 * move on, so that a snapshot or a catch-up is what moves it.
 */
function encodeAlone(context: CodecContext, frame: ContextFrame): Uint8Array {
  if (frame.type === "changes" && !isLive(context, frame)) {
    for (const change of frame.changes) tuplesOf(context, change);
    context.seq = frame.to;
  }
  if (frame.type !== "snapshot") return encodeInContext(context, frame);
  const { request, seq, more } = frame;
  if (context.loading?.request !== request || context.loading.seq !== seq) context.reset();
  const bytes = encodeInContext(context, frame);
  context.loading = more && { request, seq };
  context.seq = seq;
  return bytes;
}
