import { type ChangesFrame, DeltawireError, type Frame, parseFrame } from "@deltawire/spec";
import { changeOf, statedTip } from "./append.js";
import { APPENDS, decodeAppends } from "./appends.js";
import { type CodecContext, tuplesIn } from "./codec-context.js";
import { readLeb128 } from "./leb128.js";
import { APPEND_BY_ORDINAL, ARRAY } from "./msgpack-codec.js";
import { streamedPatch } from "./msgpack-streamed.js";
import { changesOf, closureOf, given, messageOf, recentOf, tuple } from "./msgpack-untuple.js";
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

/** The version that a frame takes the replica to, and a frame in its place if some are missing. */
export function versionOf(
  context: CodecContext,
  channel: string,
  low: unknown,
): { readonly to: number; readonly gap?: ChangesFrame } {
  if (typeof low !== "number" || !Number.isInteger(low) || low > 127 || low < 0) {
    throw new DeltawireError("malformed", "expected a version modulo 128", { path: "" });
  }
  const missing = (low - context.seq - 1) & 127;
  const to = context.seq + 1 + missing;
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

/** A live frame of tuples. */
export function decodeTuples(
  context: CodecContext,
  channel: string,
  to: number,
  tuples: readonly unknown[],
): Frame {
  const streamed = tuples.length === 1 ? streamedPatch(context, tuples[0]) : undefined;
  if (streamed) return { type: "changes", channel, from: to - 1, to, changes: [streamed] };
  const changes = changesOf(context, tuples);
  return parseFrame({ type: "changes", channel, from: to - 1, to, changes }, "bin");
}

function decodeArray(context: CodecContext, channel: string, bytes: Uint8Array): Frame | undefined {
  const fields = tuple(new Unpacker(bytes).only(), 2, "a frame");
  const [code, low] = fields;
  if (code === ARRAY.changes) {
    const { to, gap } = versionOf(context, channel, low);
    if (gap) return gap;
    const frame = decodeTuples(context, channel, to, fields.slice(2));
    if (context.recent) context.remember(tuplesIn(bytes));
    return frame;
  }
  const rest = fields.slice(1);
  if (code === ARRAY.catch_up) return decodeCatchUp(context, channel, rest);
  if (code === ARRAY.snapshot) return decodeSnapshot(context, channel, rest);
  if (code === ARRAY.checkpoint) {
    if (context.lost) return undefined;
    const [seq, ordinal, length, crc32] = rest;
    // Of a version that has not come: its part may not be known here.
    if (typeof seq === "number" && seq > context.seq) return missed(context, channel);
    const { message, part } = context.at(ordinal);
    const frame = { type: "checkpoint", channel, seq, message, part, length, crc32 };
    return parseFrame(frame, "bin");
  }
  const what = `${brief(code)} is not the code of a frame of version 1`;
  throw new DeltawireError(typeof code === "number" ? "unknown_frame" : "malformed", what, {
    path: "/0",
  });
}

function decodeCatchUp(context: CodecContext, channel: string, fields: readonly unknown[]): Frame {
  const [from, to, request, state, changes, recent] = fields;
  const [names, parts, cursor] = tuple(state, 2, "a codec context");
  const frame = parseFrame(
    { type: "changes", channel, from, to, request: given(request), changes },
    "bin",
  );
  context.reset();
  context.names.state(tuple(names, 0, "names"));
  for (const item of tuple(parts, 0, "numbered parts")) {
    const [ordinal, message, part, length, path, offset] = tuple(item, 3, "a numbered part");
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
  const frame = parseFrame(
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
