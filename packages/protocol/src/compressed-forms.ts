import { DeltawireError, type Frame, LIMITS } from "@deltawire/spec";
import { APPENDS, decodeAppends } from "./appends.js";
import type { ChannelState } from "./channel-state.js";
import { type CodecContext, startOf, tuplesIn } from "./codec-context.js";
import { concatenate } from "./concatenate.js";
import { dictionaryOf } from "./dictionary.js";
import { inflate } from "./inflate.js";
import { APPEND_BY_ORDINAL, ARRAY, COMPACT, pack } from "./msgpack-codec.js";
import {
  appended,
  decodeInContext,
  decodeTuples,
  missed,
  partAt,
  versionOf,
} from "./msgpack-reader.js";
import type { NameTable } from "./name-table.js";
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

/** What is set beside the version of compressed `changes` whose values are compact. */
const COMPACT_FLAG = 0x80;

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
  const at = startOf(plain);
  if (((plain[at] as number) & 7) === ARRAY.leap) return plain; // it has a code, and no such form
  const tuples = tuplesIn(plain);
  const flag = (plain[at] as number) >= COMPACT ? COMPACT_FLAG : 0; // it has a code, and a version
  const head = Uint8Array.of(COMPRESSED.changes, flag | (plain[at + 1] as number));
  return concatenate(head, deflate(tuples, concatenate(dictionary, recent)));
}

/** The plain form of a catch-up or a snapshot with what its reader must keep as recent bytes. */
export function withRecent(plain: Uint8Array, recent: Uint8Array): Uint8Array {
  if (recent.length === 0) return plain;
  // Behind `changes` of a catch-up; behind `earlier` of a snapshot, which is stated then.
  const code = plain[1] as number; // it has one
  const keys = code >= COMPACT ? 1 : 0;
  const fields = (code - keys * COMPACT === ARRAY.snapshot ? 12 : 7) + keys;
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
  const isPlain = code === ARRAY.catch_up || code === ARRAY.snapshot;
  const isCompact = code === ARRAY.catch_up + COMPACT || code === ARRAY.snapshot + COMPACT;
  const isStatement = isPlain || (isCompact && context.keys !== undefined);
  if (first >> 4 === 9 && isStatement) return decodeInContext(context, channel, plain);
  const what = "neither a catch-up nor a snapshot was compressed as one";
  throw new DeltawireError("malformed", what, { path: "" });
}

/** What compact tuples are read with, where they are compact, and such are read. */
const compactKeys = (context: CodecContext, version: number | undefined): NameTable | undefined =>
  version !== undefined && version >= COMPACT_FLAG ? context.keys : undefined;

function decodeLive(
  context: CodecContext,
  channel: string,
  message: Uint8Array,
  state: ChannelState | undefined,
): Frame {
  const [first, version] = message;
  const before = context.seq;
  const keys = first === COMPRESSED.changes ? compactKeys(context, version) : undefined;
  const low = keys && version !== undefined ? version & 127 : version;
  const { to, gap } = versionOf(context, channel, low);
  if (gap) return gap;
  if (state?.seq !== before) {
    context.seq = before;
    return missed(context, channel, state?.seq);
  }
  if (first === COMPRESSED.changes) {
    const dictionary = concatenate(dictionaryOf(state), context.recent ?? NONE);
    const tuples = inflate(message, 2, dictionary, LIMITS.max_frame_bytes);
    const compacting = keys && { keys, learns: true };
    const frame = decodeTuples(context, channel, to, new Unpacker(tuples).all(compacting));
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
