import { type ChangesFrame, DeltawireError, type Frame, parseDownward } from "@deltawire/spec";
import { changeOf, statedTip } from "./append.js";
import { APPENDS, decodeAppends } from "./appends.js";
import { type CodecContext, tuplesIn } from "./codec-context.js";
import { readLeb128 } from "./leb128.js";
import { APPEND_BY_ORDINAL, ARRAY, COMPACT } from "./msgpack-codec.js";
import { streamedPatch } from "./msgpack-streamed.js";
import { changesOf, closureOf, given, messageOf, recentOf, tuple } from "./msgpack-untuple.js";
import { NameTable } from "./name-table.js";
import type { NumberedPart } from "./numbered-part.js";
import { brief } from "./packer.js";
import { Unpacker } from "./unpacker.js";
import { decodeUtf8 } from "./utf8.js";

/**
 * Decodes a frame of a channel, and moves the context on. Where frames before it were missed, the
 * answer is a `changes` frame without content whose versions say so; a checkpoint is dropped then.
 *
 * @throws DeltawireError of the group `correct`; the context is lost then
 */
export function decodeInContext(
  context: CodecContext,
  channel: string,
  bytes: Uint8Array,
): Frame | undefined {
  try {
    const first = bytes[0] as number; // the caller has looked at it
    if (first < 0x80) return decodeAppend(context, channel, first, bytes, 1);
    if (first === APPENDS) return decodeAll(context, channel, bytes);
    if (first === APPEND_BY_ORDINAL) return decodeAppend(context, channel, bytes[1], bytes, 2);
    return decodeArray(context, channel, bytes);
  } catch (error) {
    context.lost = true;
    throw error;
  }
}

/**
 * The version that a frame takes the replica to, and a frame in its place if some are missing.
 *
 * @param steps how many versions it goes on by
 */
export function versionOf(
  context: CodecContext,
  channel: string,
  low: unknown,
  steps = 1,
): { readonly to: number; readonly gap?: ChangesFrame } {
  if (typeof low !== "number" || !Number.isInteger(low) || low > 127 || low < 0) {
    throw new DeltawireError("malformed", "expected a version modulo 128", { path: "" });
  }
  const missing = (low - context.seq - steps) & 127;
  const to = context.seq + steps + missing;
  if (missing === 0 && !context.lost) {
    context.seq = to;
    return { to };
  }
  // Once frames are missing, a later one may look like the next: nothing counts until a reset.
  return { to, gap: missed(context, channel) };
}

/**
 * Frames are missing: what the engine sees in place of what cannot be decoded.
 *
 * @param held the version of the replica, where it is known not to be the context's
 */
export function missed(context: CodecContext, channel: string, held = 0): ChangesFrame {
  context.lost = true;
  const from = Math.max(context.seq, held) + 1;
  return { type: "changes", channel, from, to: from + 1, changes: [] };
}

function decodeAppend(
  context: CodecContext,
  channel: string,
  low: unknown,
  bytes: Uint8Array,
  at: number,
): Frame {
  const { to, gap } = versionOf(context, channel, low);
  if (gap) return gap;
  const { cursor, start } =
    at === 2 ? partAt(context, bytes) : { cursor: context.cursor, start: at };
  return appended(context, channel, to, cursor, () => decodeUtf8(bytes, start));
}

function decodeAll(context: CodecContext, channel: string, bytes: Uint8Array): Frame {
  const { to, gap } = versionOf(context, channel, bytes[1]);
  if (gap) return gap;
  const changes = decodeAppends(context, bytes, 2);
  return { type: "changes", channel, from: to - 1, to, changes };
}

/** The part of an append by ordinal, and where its text begins. */
export function partAt(
  context: CodecContext,
  bytes: Uint8Array,
): { readonly cursor: NumberedPart; readonly start: number } {
  const { value, next } = readLeb128(bytes, 2);
  return { cursor: context.at(value), start: next };
}

/** An append to a part, which is under the cursor then. */
export function appended(
  context: CodecContext,
  channel: string,
  to: number,
  cursor: NumberedPart | undefined,
  read: () => string,
): ChangesFrame {
  const change = changeOf(cursor, read());
  context.cursor = cursor;
  const patch = { type: "message_patch", id: cursor?.message ?? "", parts: [change] } as const;
  return { type: "changes", channel, from: to - 1, to, changes: [patch] };
}

/** A live frame of tuples. @param steps how many versions it goes on by */
export function decodeTuples(
  context: CodecContext,
  channel: string,
  to: number,
  tuples: readonly unknown[],
  steps = 1,
): Frame {
  const from = to - steps;
  const streamed =
    tuples.length === 1 && steps === 1 ? streamedPatch(context, tuples[0]) : undefined;
  if (streamed) return { type: "changes", channel, from, to, changes: [streamed] };
  const changes = changesOf(context, tuples);
  return parseDownward({ type: "changes", channel, from, to, changes }, "bin");
}

/** By how many versions an array goes on that goes over some. */
function stepsOf(value: unknown): number {
  if (typeof value === "number" && Number.isSafeInteger(value) && value >= 2) return value;
  const what = `expected a number of versions of at least 2, not ${brief(value)}`;
  throw new DeltawireError("malformed", what, { path: "/1" });
}

/** Codes of arrays whose values are compact. */
const COMPACT_CODES: readonly unknown[] = [
  ARRAY.changes,
  ARRAY.catch_up,
  ARRAY.snapshot,
  ARRAY.leap,
].map((code) => code + COMPACT);

const isCompact = (code: unknown): code is number => COMPACT_CODES.includes(code);

function decodeArray(context: CodecContext, channel: string, bytes: Uint8Array): Frame | undefined {
  const unpacker = new Unpacker(bytes);
  const length = unpacker.array();
  const code = length > 0 ? unpacker.element() : undefined;
  const isKnown = context.keys !== undefined && isCompact(code);
  const plain = isKnown ? code - COMPACT : code;
  const frame = isKnown
    ? decodeCompact(context, channel, code - COMPACT, { unpacker, left: length - 1 })
    : decodePlain(context, channel, [code, ...unpacker.rest(length - 1)]);
  const isLive = (plain === ARRAY.changes || plain === ARRAY.leap) && !context.lost;
  if (isLive && context.recent) context.remember(tuplesIn(bytes));
  return frame;
}

/** An array of plain values. */
function decodePlain(
  context: CodecContext,
  channel: string,
  fields: readonly unknown[],
): Frame | undefined {
  const [code] = fields;
  if (code === ARRAY.changes || code === ARRAY.leap) {
    const steps = code === ARRAY.leap ? stepsOf(fields[1]) : 1;
    const at = code === ARRAY.leap ? 2 : 1;
    const { to, gap } = versionOf(context, channel, fields[at], steps);
    if (gap) return gap;
    return decodeTuples(context, channel, to, fields.slice(at + 1), steps);
  }
  const rest = fields.slice(1);
  if (code === ARRAY.catch_up || code === ARRAY.snapshot) {
    return decodeStatement(context, channel, { code, fields: rest });
  }
  if (code === ARRAY.checkpoint) {
    if (context.lost) return undefined;
    const [seq, ordinal, length, crc32] = tuple(rest, 4, "a checkpoint");
    // Of a version that has not come: its part may not be known here.
    if (typeof seq === "number" && seq > context.seq) return missed(context, channel);
    const { message, part } = context.at(ordinal);
    const frame = { type: "checkpoint", channel, seq, message, part, length, crc32 };
    return parseDownward(frame, "bin");
  }
  // A select that is not in its one form came here: that is no frame, and not unknown.
  const isUnknown = typeof code === "number" && code !== ARRAY.select;
  const what = `${brief(code)} is not the code of a frame of version 1`;
  throw new DeltawireError(isUnknown ? "unknown_frame" : "malformed", what, { path: "/0" });
}

/** An array of compact values, by the code of its plain form. */
function decodeCompact(
  context: CodecContext,
  channel: string,
  code: number,
  { unpacker, left }: { readonly unpacker: Unpacker; readonly left: number },
): Frame | undefined {
  const isLeap = code === ARRAY.leap;
  if (left < (isLeap ? 2 : 1)) {
    throw new DeltawireError("malformed", "an array that ends too early", { path: "" });
  }
  if (code !== ARRAY.changes && !isLeap) {
    const keys = new NameTable();
    keys.state(tuple(unpacker.element(), 0, "keys"));
    const fields = unpacker.rest(left - 1, { keys, learns: false });
    return decodeStatement(context, channel, { code, fields, keys });
  }
  // The rule comes first: what a frame that is not the next one calls keys is not known here.
  const steps = isLeap ? stepsOf(unpacker.element()) : 1;
  const { to, gap } = versionOf(context, channel, unpacker.element(), steps);
  if (gap) return gap;
  const compacting = context.keys && { keys: context.keys, learns: true };
  const tuples = unpacker.rest(left - (isLeap ? 2 : 1), compacting);
  return decodeTuples(context, channel, to, tuples, steps);
}

/** A catch-up or a snapshot, and the keys that it states: none where it is plain. */
function decodeStatement(
  context: CodecContext,
  channel: string,
  stated: {
    readonly code: number;
    readonly fields: readonly unknown[];
    readonly keys?: NameTable;
  },
): Frame {
  const decode = stated.code === ARRAY.catch_up ? decodeCatchUp : decodeSnapshot;
  const frame = decode(context, channel, stated.fields);
  if (context.keys) context.keys = stated.keys ?? new NameTable();
  return frame;
}

function decodeCatchUp(context: CodecContext, channel: string, fields: readonly unknown[]): Frame {
  const [from, to, request, state, changes, recent] = fields;
  const [names, parts, cursor] = tuple(state, 3, "a codec context");
  const frame = parseDownward(
    { type: "changes", channel, from, to, request: given(request), changes },
    "bin",
  );
  context.reset();
  context.names.state(tuple(names, 0, "names"));
  for (const item of tuple(parts, 0, "numbered parts")) {
    const [ordinal, message, part, length, path, offset] = tuple(item, 4, "a numbered part");
    const numbered = context.bind(ordinal, message, part, given(length));
    if (numbered.length === undefined) numbered.tip = statedTip(path, offset);
  }
  return settle(context, frame, cursor, recent);
}

function decodeSnapshot(context: CodecContext, channel: string, fields: readonly unknown[]): Frame {
  const [request, epoch, seq, more, attributes, closed, names, cursor, ...rest] = fields;
  const [messages, earlier, recent] = rest;
  // A first chunk resets; the chunks after it add to what it stated.
  const loading = context.loading;
  if (!loading || loading.request !== request || loading.seq !== seq) context.reset();
  context.names.state(tuple(names, 0, "names"));
  const frame = parseDownward(
    {
      type: "snapshot",
      channel,
      request,
      epoch,
      seq,
      more: more === false ? undefined : more,
      attributes: given(attributes),
      closed: closureOf(closed),
      earlier: given(earlier),
      messages: tuple(messages, 0, "messages").map((item) => messageOf(context, item, false)),
    },
    "bin",
  );
  if (frame.type === "snapshot" && frame.more) {
    context.lost = true;
    context.loading = { request: frame.request, seq: frame.seq };
    return frame;
  }
  return settle(context, frame, cursor, recent);
}

/** The context is whole again, at the frame's version. */
function settle(context: CodecContext, frame: Frame, cursor: unknown, recent: unknown): Frame {
  context.cursor = given(cursor) === undefined ? undefined : context.at(cursor);
  if (frame.type === "snapshot") context.seq = frame.seq;
  if (frame.type === "changes") context.seq = frame.to;
  context.lost = false;
  context.loading = undefined;
  if (context.recent) context.recent = recentOf(recent);
  return frame;
}
