import { DeltawireError } from "@deltawire/spec";

const utf8 = new TextEncoder();
const strict = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** Bytes up to which a text is read by hand where it is ASCII: a call of the decoder costs more. */
const SHORT = 24;

/** Decodes UTF-8 from a byte on, refusing what is not well-formed and keeping a byte order mark. */
export function decodeUtf8(bytes: Uint8Array, start: number, end: number = bytes.length): string {
  const short = end - start <= SHORT ? decodeAscii(bytes, start, end) : undefined;
  if (short !== undefined) return short;
  try {
    return strict.decode(bytes.subarray(start, end));
  } catch {
    const what = `text at byte ${start} is not well-formed UTF-8`;
    throw new DeltawireError("ill_formed_text", what, { path: `#byte=${start}` });
  }
}

/** The text, where it is ASCII: in groups, since each call and each concatenation counts. */
function decodeAscii(bytes: Uint8Array, start: number, end: number): string | undefined {
  let text = "";
  let every = 0;
  let at = start;
  for (; at + 4 <= end; at += 4) {
    const a = bytes[at] as number; // within the bytes, as are those below
    const b = bytes[at + 1] as number;
    const c = bytes[at + 2] as number;
    const d = bytes[at + 3] as number;
    every |= a | b | c | d;
    text += String.fromCharCode(a, b, c, d);
  }
  for (; at < end; at++) {
    const unit = bytes[at] as number;
    every |= unit;
    text += String.fromCharCode(unit);
  }
  return every < 128 ? text : undefined;
}

/** Bytes of the UTF-8 of a well-formed text, which is short: an encoder's call costs more. */
export function utf8Length(text: string): number {
  let bytes = text.length;
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i);
    if (unit >= 0x80) bytes += unit < 0x800 || (unit & 0xf800) === 0xd800 ? 1 : 2;
  }
  return bytes;
}

/** Room for the bytes before a text, and for the text, where it is encoded before it is copied. */
const HEAD = 16;
const scratch = new Uint8Array(16 * 1024);
const body = scratch.subarray(HEAD);

/** Some bytes, at most 16, and the UTF-8 of a text behind them: no more memory than that takes. */
export function withText(head: readonly number[], text: string): Uint8Array {
  const isLong = 3 * text.length > body.length;
  const memory = isLong ? new Uint8Array(HEAD + 3 * text.length) : scratch;
  const { written } = utf8.encodeInto(text, isLong ? memory.subarray(HEAD) : body);
  const start = HEAD - head.length;
  for (let i = 0; i < head.length; i++) memory[start + i] = head[i] as number; // i < length
  return memory.slice(start, HEAD + written);
}
