import { type ChangesFrame, DeltawireError, LIMITS, type MessagePatch } from "@deltawire/spec";
import { appendedText, changeOf, extend } from "./append.js";
import type { CodecContext } from "./codec-context.js";
import { concatenate } from "./concatenate.js";
import { pushLeb128, readLeb128 } from "./leb128.js";
import type { NumberedPart } from "./numbered-part.js";
import { decodeUtf8 } from "./utf8.js";

/** First byte of appends to several parts. PROTOCOL.md, "Short forms". */
export const APPENDS = 0xc7;

const utf8 = new TextEncoder();

/** What the parts have grown by, where a frame is nothing but an append to each. */
function growth(context: CodecContext, frame: ChangesFrame): ReadonlyMap<NumberedPart, string> {
  const grown = new Map<NumberedPart, string>();
  for (const change of frame.changes) {
    if (change.type !== "message_patch") return NOTHING;
    if (change.attributes || change.status || change.origin !== undefined) return NOTHING;
    for (const patch of change.parts ?? []) {
      const numbered = "part" in patch ? context.find(change.id, patch.part) : undefined;
      const text = numbered && appendedText(numbered, patch);
      if (text === undefined || !numbered || grown.has(numbered)) return NOTHING;
      grown.set(numbered, text);
    }
  }
  return grown;
}

const NOTHING: ReadonlyMap<NumberedPart, string> = new Map();

/** Encodes a live frame that appends to several parts; undefined for any other. */
export function encodeAppends(context: CodecContext, frame: ChangesFrame): Uint8Array | undefined {
  const grown = growth(context, frame);
  if (grown.size === 0) return undefined;
  const pieces: Uint8Array[] = [Uint8Array.of(APPENDS, frame.to & 127)];
  for (const [numbered, text] of grown) {
    extend(numbered, text.length);
    context.cursor = numbered;
    const encoded = utf8.encode(text);
    const head: number[] = [];
    pushLeb128(head, numbered.ordinal);
    pushLeb128(head, encoded.length);
    pieces.push(Uint8Array.from(head), encoded);
  }
  const message = concatenate(...pieces);
  if (context.recent) context.remember(message.subarray(2));
  return message;
}

/**
 * The changes that appends are, from a byte on; moves the context on.
 *
 * @throws DeltawireError `malformed`, `ill_formed_text` or `limit_exceeded`
 */
export function decodeAppends(
  context: CodecContext,
  bytes: Uint8Array,
  start: number,
): readonly MessagePatch[] {
  const patches: { type: "message_patch"; id: string; parts: ReturnType<typeof changeOf>[] }[] = [];
  let count = 0;
  for (let at = start; at < bytes.length; count++) {
    const ordinal = readLeb128(bytes, at);
    const length = readLeb128(bytes, ordinal.next);
    at = length.next + length.value;
    if (at > bytes.length) {
      throw new DeltawireError("malformed", "truncated", { path: `#byte=${bytes.length}` });
    }
    if (count >= LIMITS.max_list_length) {
      const what = `max_list_length (${LIMITS.max_list_length}) exceeded by appends`;
      throw new DeltawireError("limit_exceeded", what, { path: "" });
    }
    const numbered = context.at(ordinal.value);
    const change = changeOf(numbered, decodeUtf8(bytes, length.next, at));
    context.cursor = numbered;
    const last = patches.at(-1);
    if (last?.id === numbered.message) last.parts.push(change);
    else patches.push({ type: "message_patch", id: numbered.message, parts: [change] });
  }
  if (context.recent) context.remember(bytes.subarray(start));
  return patches;
}
