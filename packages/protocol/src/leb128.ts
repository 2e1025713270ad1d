import { DeltawireError } from "@deltawire/spec";

/** Adds a whole number as unsigned LEB128: 7 bits a byte, low first, the high bit where more follow. */
export function pushLeb128(bytes: number[], value: number): void {
  let rest = value;
  for (; rest > 127; rest = Math.floor(rest / 128)) bytes.push((rest & 127) | 128);
  bytes.push(rest);
}

/**
 * The number that begins at a byte, of at most 5 bytes, and where what follows it begins.
 *
 * @throws DeltawireError `malformed`
 */
export function readLeb128(
  bytes: Uint8Array,
  start: number,
): { readonly value: number; readonly next: number } {
  let value = 0;
  for (let at = start, scale = 1; ; at++, scale *= 128) {
    const byte = bytes[at];
    if (byte === undefined || scale > 2 ** 28) {
      const place = { path: `#byte=${at}` };
      throw new DeltawireError("malformed", "truncated or too long a number", place);
    }
    value += (byte & 127) * scale;
    if (byte < 128) return { value, next: at + 1 };
  }
}
