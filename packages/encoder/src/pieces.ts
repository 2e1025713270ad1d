import type { BytesPatch, PartChange, PartContent, Splice } from "@deltawire/spec";
import { PIECE } from "./weight.js";

/** Splices as they are, unless they are too long for one change: then one after the other. */
export function splicesInPieces(splices: readonly Splice[]): (readonly Splice[])[] {
  const [first] = splices;
  if (!first) return [];
  if (splices.length === 1 && first.text.length <= PIECE) return [splices];
  if (splices.reduce((sum, { text }) => sum + text.length, 0) <= PIECE) return [splices];
  const steps: Splice[][] = [];
  for (const { changed_offset, removed, text } of splices.slice().reverse()) {
    let at = 0;
    do {
      let end = Math.min(at + PIECE, text.length);
      if ((text.charCodeAt(end) & 0xfc00) === 0xdc00) end -= 1;
      const first = at === 0 ? removed : 0;
      steps.push([
        { changed_offset: changed_offset + at, removed: first, text: text.slice(at, end) },
      ]);
      at = end;
    } while (at < text.length);
  }
  return steps;
}

/** Appends bytes in changes of their own; the bytes are copied. */
function bytesInPieces(part: string, bytes: Uint8Array): BytesPatch[] {
  const changes: BytesPatch[] = [];
  for (let at = 0; at < bytes.length; at += PIECE) {
    const appended = new Uint8Array(bytes.subarray(at, at + PIECE)); // a Buffer's slice is no copy
    changes.push({ type: "bytes_patch", part, trimmed: 0, appended });
  }
  return changes;
}

/** A patch of bytes in changes that fit a frame each; the bytes that it appends are copied. */
export function bytesPatchInPieces(patch: BytesPatch): readonly BytesPatch[] {
  const pieces = bytesInPieces(patch.part, patch.appended);
  const [first, ...rest] = pieces;
  if (!first) return patch.trimmed > 0 || patch.base ? [patch] : [];
  // What is trimmed goes after everything was appended, but where it makes room for what follows.
  if (patch.skipped) return [{ ...patch, appended: first.appended }, ...rest];
  const { appended } = pieces.at(-1) ?? first;
  return [...pieces.slice(0, -1), { ...patch, appended }];
}

/** A part as it begins, and what adds the rest of it. */
export interface PartInPieces {
  readonly content: PartContent;
  readonly rest: readonly PartChange[];
}

/** A part in changes that fit a frame each. */
export function partInPieces(content: PartContent): PartInPieces {
  const { id: part } = content;
  if (content.kind === "text") {
    const whole = [{ changed_offset: 0, removed: 0, text: content.text }];
    const [first, ...more] = splicesInPieces(whole);
    const rest = more.map((splices) => ({ type: "text_splice", part, splices }) as const);
    return { content: { ...content, text: first?.[0]?.text ?? "" }, rest };
  }
  if (content.kind === "bytes") {
    const rest = bytesInPieces(part, content.bytes.subarray(PIECE));
    return { content: { ...content, bytes: content.bytes.subarray(0, PIECE) }, rest };
  }
  return { content, rest: [] };
}
