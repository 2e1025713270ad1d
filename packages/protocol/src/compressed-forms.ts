import { DeltawireError, type Frame, LIMITS } from "@deltawire/spec";
import { APPENDS, decodeAppends } from "./appends.js";
import type { ChannelState } from "./channel-state.js";
import { type CodecContext, tuplesIn } from "./codec-context.js";
import { concatenate } from "./concatenate.js";
import { dictionaryOf } from "./dictionary.js";
import { inflate } from "./inflate.js";
import { APPEND_BY_ORDINAL, ARRAY, pack } from "./msgpack-codec.js";
import {
  appended,
  decodeInContext,
  decodeTuples,
  missed,
  partAt,
  versionOf,
} from "./msgpack-reader.js";
import { Unpacker } from "./unpacker.js";
import { decodeUtf8 } from "./utf8.js";

/** First byte of a compressed form. PROTOCOL.md, "Compressed forms". */
export const COMPRESSED = {
  append: 0xd4,
  append_by_ordinal: 0xd5,
  changes: 0xd6,
  statement: 0xd7,
  appends: 0xd8,
} as const;

/** Makes a raw DEFLATE stream (RFC 1951) of bytes; the dictionary is what stands before them. */
export type Deflate = (bytes: Uint8Array, dictionary: Uint8Array) => Uint8Array;

const NONE = new Uint8Array();

/**
 * The compressed form of a live `changes` frame, from its plain one.
 *
 * @param state the channel's before the frame
 * @param recent what the codec context kept before it
 */
export function compressLive(
  plain: Uint8Array,
  state: ChannelState,
  recent: Uint8Array,
  deflate: Deflate,
): Uint8Array {
  const dictionary = dictionaryOf(state);
  const [first = 0] = plain;
  if (first < 0x80) {
    const head = Uint8Array.of(COMPRESSED.append, first);
    return concatenate(head, deflate(plain.subarray(1), dictionary));
  }
  if (first === APPEND_BY_ORDINAL) {
    let start = 2;
    while ((plain[start] as number) > 127) start += 1;
    start += 1;
    const head = Uint8Array.of(COMPRESSED.append_by_ordinal);
    return concatenate(head, plain.subarray(1, start), deflate(plain.subarray(start), dictionary));
  }
  if (first === APPENDS) {
    const head = Uint8Array.of(COMPRESSED.appends, plain[1] as number); // it has a version
    return concatenate(head, deflate(plain.subarray(2), concatenate(dictionary, recent)));
  }
  const tuples = tuplesIn(plain);
  const low = plain[plain.length - tuples.length - 1] as number;
  const head = Uint8Array.of(COMPRESSED.changes, low);
  return concatenate(head, deflate(tuples, concatenate(dictionary, recent)));
}

/** The plain form of a catch-up or a snapshot with what its reader must keep as recent bytes. */
export function withRecent(plain: Uint8Array, recent: Uint8Array): Uint8Array {
  if (recent.length === 0) return plain;
  // Behind `changes` of a catch-up; behind `earlier` of a snapshot, which is stated then.
  const fields = plain[1] === ARRAY.snapshot ? 12 : 7;
  const earlier = (plain[0] as number) - 0x90 === fields - 2 ? pack(0) : NONE;
  return concatenate(Uint8Array.of(0x90 + fields), plain.subarray(1), earlier, pack(recent));
}

/** The compressed form of a catch-up or a snapshot. */
export function compressStatement(plain: Uint8Array, deflate: Deflate): Uint8Array {
  return concatenate(Uint8Array.of(COMPRESSED.statement), deflate(plain, NONE));
}

/**
 * Decodes a compressed form, and moves the context on. Where frames before it were missed, or the
 * replica is not at the version before it, the answer is a gap, as in {@link decodeInContext}.
 *
 * @param state the replica's
 * @throws DeltawireError of the group `correct`; the context is lost then
 */
export function decodeCompressed(
  context: CodecContext,
  channel: string,
  message: Uint8Array,
  state: ChannelState | undefined,
): Frame | undefined {
  if (message[0] === COMPRESSED.statement) return decodeStatement(context, channel, message);
  try {
    return decodeLive(context, channel, message, state);
  } catch (error) {
    context.lost = true;
    throw error;
  }
}

function decodeStatement(
  context: CodecContext,
  channel: string,
  message: Uint8Array,
): Frame | undefined {
  context.lost = true; // until it is read
  const plain = inflate(message, 1, NONE, LIMITS.max_frame_bytes);
  const [first = 0, code] = plain;
  const isStatement = code === ARRAY.catch_up || code === ARRAY.snapshot;
  if (first >> 4 === 9 && isStatement) return decodeInContext(context, channel, plain);
  const what = "neither a catch-up nor a snapshot was compressed as one";
  throw new DeltawireError("malformed", what, { path: "" });
}

function decodeLive(
  context: CodecContext,
  channel: string,
  message: Uint8Array,
  state: ChannelState | undefined,
): Frame {
  const [first, low] = message;
  const before = context.seq;
  const { to, gap } = versionOf(context, channel, low);
  if (gap) return gap;
  if (state?.seq !== before) {
    context.seq = before;
    return missed(context, channel, state?.seq);
  }
  if (first === COMPRESSED.changes) {
    const dictionary = concatenate(dictionaryOf(state), context.recent ?? NONE);
    const tuples = inflate(message, 2, dictionary, LIMITS.max_frame_bytes);
    const frame = decodeTuples(context, channel, to, new Unpacker(tuples).all());
    context.remember(tuples);
    return frame;
  }
  if (first === COMPRESSED.appends) {
    const plain = inflate(
      message,
      2,
      concatenate(dictionaryOf(state), context.recent ?? NONE),
      LIMITS.max_frame_bytes,
    );
    const changes = decodeAppends(context, plain, 0);
    return { type: "changes", channel, from: to - 1, to, changes };
  }
  const isAtCursor = first === COMPRESSED.append;
  const { cursor, start } = isAtCursor
    ? { cursor: context.cursor, start: 2 }
    : partAt(context, message);
  return appended(context, channel, to, cursor, () =>
    decodeUtf8(inflate(message, start, dictionaryOf(state), LIMITS.max_frame_bytes), 0),
  );
}
