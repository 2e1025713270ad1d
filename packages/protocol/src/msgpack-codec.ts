import {
  type ChangesFrame,
  type CheckpointFrame,
  DeltawireError,
  type Frame,
  parseFrame,
  type SnapshotFrame,
} from "@deltawire/spec";
import type { CodecContext } from "./codec-context.js";
import { brief, decodeUtf8, Packer, Unpacker } from "./msgpack.js";
import { appendOf, messageTuple, tuplesOf } from "./msgpack-tuples.js";
import { changesOf, given, messageOf, streamedPatch, tuple } from "./msgpack-untuple.js";

/** First element of an array frame. PROTOCOL.md, "MessagePack codec". */
export const ARRAY = { changes: 0, catch_up: 1, snapshot: 2, select: 3, checkpoint: 4 } as const;

/** First byte of an append by ordinal: the one byte that MessagePack never uses. */
export const APPEND_BY_ORDINAL = 0xc1;

/** Frames that the codec context is about. */
export type ContextFrame = ChangesFrame | SnapshotFrame | CheckpointFrame;

const utf8 = new TextEncoder();
/** Any value as MessagePack. */
export function pack(value: unknown): Uint8Array {
  const packer = new Packer();
  packer.value(value);
  return packer.take();
}

/** Encodes a frame of a channel without its name, and moves the context on. */
export function encodeInContext(context: CodecContext, frame: ContextFrame): Uint8Array {
  if (frame.type === "snapshot") return encodeSnapshot(context, frame);
  if (frame.type === "checkpoint") {
    const { seq, message, part, length, crc32 } = frame;
    const numbered = context.find(message, part);
    if (!numbered) throw new TypeError(`part ${part} of ${message} has no number`);
    return pack([ARRAY.checkpoint, seq, numbered.ordinal, length, crc32]);
  }
  if (!isLive(frame)) return encodeCatchUp(context, frame);
  context.seq = frame.to;
  const hot = encodeAppend(context, frame);
  if (hot) return hot;
  const tuples = frame.changes.flatMap((change) => tuplesOf(context, change));
  return pack([ARRAY.changes, frame.to & 127, ...tuples]);
}

/** Whether a frame says what happened just now; any other catches up. */
export const isLive = ({ request, from, to }: ChangesFrame): boolean =>
  request === undefined && to === from + 1;

/** The short forms: text to the end of the frame. */
function encodeAppend(context: CodecContext, frame: ChangesFrame): Uint8Array | undefined {
  const [change] = frame.changes;
  if (frame.changes.length !== 1 || change?.type !== "message_patch") return undefined;
  const [patch] = change.parts ?? [];
  if (change.parts?.length !== 1 || change.attributes || change.status || change.origin)
    return undefined;
  if (patch?.type !== "text_splice") return undefined;
  const numbered = context.find(change.id, patch.part);
  const splice = numbered && appendOf(numbered, patch.splices);
  if (!splice) return undefined;
  numbered.length = splice.changed_offset + splice.text.length;
  const head = [frame.to & 127];
  if (context.cursor !== numbered) {
    head.unshift(APPEND_BY_ORDINAL);
    let rest = numbered.ordinal;
    for (; rest > 127; rest = Math.floor(rest / 128)) head.push((rest & 127) | 128);
    head.push(rest);
    context.cursor = numbered;
  }
  const bytes = new Uint8Array(head.length + 3 * splice.text.length);
  bytes.set(head);
  const { written } = utf8.encodeInto(splice.text, bytes.subarray(head.length));
  return bytes.subarray(0, head.length + written);
}

/** Encodes changes by their ids, and states the context as it is: the one after them. */
export function encodeCatchUp(context: CodecContext, frame: ChangesFrame): Uint8Array {
  const parts = [...context.parts].map(({ ordinal, message, part, length }) => [
    ordinal,
    message,
    part,
    length,
  ]);
  const { from, to, request, changes } = frame;
  const state = [context.names, parts, context.cursor?.ordinal];
  return pack([ARRAY.catch_up, from, to, request, state, changes]);
}

function encodeSnapshot(context: CodecContext, frame: SnapshotFrame): Uint8Array {
  const { request, epoch, seq, more, attributes, closed, earlier } = frame;
  const messages = frame.messages.map((message) => messageTuple(context, message, false));
  return pack([
    ARRAY.snapshot,
    request,
    epoch,
    seq,
    more ?? false,
    attributes,
    closed && (closed.reason === undefined ? [] : [closed.reason]),
    context.names,
    context.cursor?.ordinal,
    messages,
    ...(earlier ? [earlier] : []),
  ]);
}

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
    if (first === APPEND_BY_ORDINAL) return decodeAppend(context, channel, bytes[1], bytes, 2);
    return decodeArray(context, channel, new Unpacker(bytes).only());
  } catch (error) {
    context.lost = true;
    throw error;
  }
}

/** The version that a frame takes the replica to, and a frame in its place if some are missing. */
function versionOf(
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

/** Frames are missing: what the engine sees in place of what cannot be decoded. */
function missed(context: CodecContext, channel: string): ChangesFrame {
  context.lost = true;
  const from = context.seq + 1;
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
  let start = at;
  let { cursor } = context;
  if (at === 2) {
    let ordinal = 0;
    for (let scale = 1; ; scale *= 128) {
      const byte = bytes[start];
      start += 1;
      if (byte === undefined || scale > 2 ** 28) {
        const place = { path: `#byte=${start - 1}` };
        throw new DeltawireError("malformed", "truncated or too long an ordinal", place);
      }
      ordinal += (byte & 127) * scale;
      if (byte < 128) break;
    }
    cursor = context.at(ordinal);
  }
  if (cursor?.length === undefined) {
    throw new DeltawireError("malformed", "there is no text part to append to", { path: "" });
  }
  const text = decodeUtf8(bytes, start);
  const splice = { changed_offset: cursor.length, removed: 0, text };
  cursor.length += text.length;
  context.cursor = cursor;
  const { message, part } = cursor;
  const change = { type: "text_splice", part, splices: [splice] } as const;
  const patch = { type: "message_patch", id: message, parts: [change] } as const;
  return { type: "changes", channel, from: to - 1, to, changes: [patch] };
}

function decodeArray(context: CodecContext, channel: string, value: unknown): Frame | undefined {
  const fields = tuple(value, 2, "a frame");
  const [code, low] = fields;
  if (code === ARRAY.changes) {
    const { to, gap } = versionOf(context, channel, low);
    if (gap) return gap;
    const streamed = fields.length === 3 ? streamedPatch(context, fields[2]) : undefined;
    if (streamed) return { type: "changes", channel, from: to - 1, to, changes: [streamed] };
    const changes = changesOf(context, fields.slice(2));
    return parseFrame({ type: "changes", channel, from: to - 1, to, changes }, "bin");
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
  const [from, to, request, state, changes] = fields;
  const [names, parts, cursor] = tuple(state, 2, "a codec context");
  const frame = parseFrame(
    { type: "changes", channel, from, to, request: given(request), changes },
    "bin",
  );
  context.reset();
  readNames(context, names);
  for (const item of tuple(parts, 0, "numbered parts")) {
    const [ordinal, message, part, length] = tuple(item, 3, "a numbered part");
    context.bind(ordinal, message, part, given(length));
  }
  return settle(context, frame, cursor);
}

function decodeSnapshot(context: CodecContext, channel: string, fields: readonly unknown[]): Frame {
  const [request, epoch, seq, more, attributes, closed, names, cursor, messages, earlier] = fields;
  // A first chunk resets; the chunks after it add to what it stated.
  const loading = context.loading;
  if (!loading || loading.request !== request || loading.seq !== seq) context.reset();
  readNames(context, names);
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
  return settle(context, frame, cursor);
}

function closureOf(value: unknown): { readonly reason: unknown } | undefined {
  if (given(value) === undefined) return undefined;
  return { reason: given(tuple(value, 0, "the end of a channel")[0]) };
}

function readNames(context: CodecContext, names: unknown): void {
  tuple(names, 0, "names").forEach((name, i) => {
    if (typeof name === "string") context.intern(name);
    if (typeof name === "string" && context.names[i] === name) return;
    const what = `${brief(name)} is not a name that has the number ${i}`;
    throw new DeltawireError("malformed", what, { path: "" });
  });
}

/** The context is whole again, at the frame's version. */
function settle(context: CodecContext, frame: Frame, cursor: unknown): Frame {
  context.cursor = given(cursor) === undefined ? undefined : context.at(cursor);
  if (frame.type === "snapshot") context.seq = frame.seq;
  if (frame.type === "changes") context.seq = frame.to;
  context.lost = false;
  context.loading = undefined;
  return frame;
}
