import type { ChangesFrame, CheckpointFrame, SnapshotFrame } from "@deltawire/spec";
import { appendedText, extend } from "./append.js";
import { encodeAppends } from "./appends.js";
import { type CodecContext, startOf, tuplesIn } from "./codec-context.js";
import { concatenate } from "./concatenate.js";
import { pushLeb128 } from "./leb128.js";
import { closureTuple, messageTuple, tuplesOf } from "./msgpack-tuples.js";
import { Packer } from "./packer.js";
import { withText } from "./utf8.js";

/** First element of an array frame. PROTOCOL.md, "MessagePack codec". */
export const ARRAY = {
  changes: 0,
  catch_up: 1,
  snapshot: 2,
  select: 3,
  checkpoint: 4,
  leap: 5,
} as const;

/** First byte of an append by ordinal: the one byte that MessagePack never uses. */
export const APPEND_BY_ORDINAL = 0xc1;

/**
 * What the code of an array frame grows by where its values are compact. PROTOCOL.md, "Compact
 * values".
 */
export const COMPACT = 8;

/** Frames that the codec context is about. */
export type ContextFrame = ChangesFrame | SnapshotFrame | CheckpointFrame;

const packer = new Packer();

/** Any value as MessagePack. */
export const pack = (value: unknown): Uint8Array => packer.pack(value);

/** Packs a live frame. */
function packLive(context: CodecContext, fields: readonly unknown[]): Uint8Array {
  const { keys } = context;
  if (!keys) return pack(fields);
  const message = packer.pack(fields, { keys, learns: true });
  context.saved = packer.saved;
  const at = startOf(message);
  if (packer.isCompact) message[at] = (message[at] as number) + COMPACT; // it has a code
  return message;
}

/** Packs a frame that states the context, the keys too. */
function packStatement(context: CodecContext, fields: readonly [number, ...unknown[]]): Uint8Array {
  const { keys } = context;
  if (!keys) return pack(fields);
  const stated = pack(keys.stated);
  const message = packer.pack(fields, { keys, learns: false });
  if (!packer.isCompact && keys.stated.length === 0) return message;
  context.saved = packer.saved - stated.length;
  const head = Uint8Array.of(0x90 + fields.length + 1, fields[0] + COMPACT);
  return concatenate(head, stated, message.subarray(2));
}

/** Encodes a frame of a channel without its name, and moves the context on. */
export function encodeInContext(context: CodecContext, frame: ContextFrame): Uint8Array {
  context.saved = 0;
  if (frame.type === "snapshot") return encodeSnapshot(context, frame);
  if (frame.type === "checkpoint") {
    const { seq, message, part, length, crc32 } = frame;
    const numbered = context.find(message, part);
    if (!numbered) throw new TypeError(`part ${part} of ${message} has no number`);
    return pack([ARRAY.checkpoint, seq, numbered.ordinal, length, crc32]);
  }
  if (!isLive(context, frame)) return encodeCatchUp(context, frame);
  context.seq = frame.to;
  const steps = frame.to - frame.from;
  const hot =
    steps === 1 ? (encodeAppend(context, frame) ?? encodeAppends(context, frame)) : undefined;
  if (hot) return hot;
  const low = frame.to & 127;
  const fields: unknown[] = steps === 1 ? [ARRAY.changes, low] : [ARRAY.leap, steps, low];
  for (const change of frame.changes) {
    for (const tuple of tuplesOf(context, change)) fields.push(tuple);
  }
  const message = packLive(context, fields);
  if (context.recent) context.remember(tuplesIn(message));
  return message;
}

/**
 * Whether a frame goes on in a context: any other one catches up. One that goes over versions does
 * so only where the context is at the version that it begins at.
 */
export const isLive = ({ seq }: CodecContext, { request, from, to }: ChangesFrame): boolean =>
  request === undefined && (to === from + 1 || from === seq);

/** The short forms: text to the end of the frame. */
function encodeAppend(context: CodecContext, frame: ChangesFrame): Uint8Array | undefined {
  const [change] = frame.changes;
  if (frame.changes.length !== 1 || change?.type !== "message_patch") return undefined;
  const [patch] = change.parts ?? [];
  if (change.parts?.length !== 1 || change.attributes || change.status || change.origin)
    return undefined;
  if (patch?.type !== "text_splice" && patch?.type !== "json_patch") return undefined;
  const numbered = context.find(change.id, patch.part);
  if (!numbered) return undefined;
  const text = appendedText(numbered, patch);
  if (text === undefined) return undefined;
  extend(numbered, text.length);
  const low = frame.to & 127;
  if (context.cursor === numbered) return withText([low], text);
  const head = [APPEND_BY_ORDINAL, low];
  pushLeb128(head, numbered.ordinal);
  context.cursor = numbered;
  return withText(head, text);
}

/** Encodes changes by their ids, and states the context as it is: the one after them. */
export function encodeCatchUp(context: CodecContext, frame: ChangesFrame): Uint8Array {
  context.saved = 0;
  const parts = [...context.parts].map(({ ordinal, message, part, length, tip }) =>
    tip
      ? [ordinal, message, part, undefined, tip.path, tip.offset]
      : [ordinal, message, part, length],
  );
  const { from, to, request, changes } = frame;
  const state = [context.names.stated, parts, context.cursor?.ordinal];
  return packStatement(context, [ARRAY.catch_up, from, to, request, state, changes]);
}

function encodeSnapshot(context: CodecContext, frame: SnapshotFrame): Uint8Array {
  const { request, epoch, seq, more, attributes, closed, earlier } = frame;
  const messages = frame.messages.map((message) => messageTuple(context, message, false));
  return packStatement(context, [
    ARRAY.snapshot,
    request,
    epoch,
    seq,
    more ?? false,
    attributes,
    closed && closureTuple(closed),
    context.names.stated,
    context.cursor?.ordinal,
    messages,
    ...(earlier ? [earlier] : []),
  ]);
}
