import type { Wire } from "@deltawire/protocol";

/** First byte of a message that is one frame (RFC 6455, 5.2). */
const TEXT = 0x81;
const BINARY = 0x82;

/** Lengths that stand in the second byte themselves; then what says where else they stand. */
const MAX_SHORT = 125;
const IN_TWO_BYTES = 126;
const IN_EIGHT_BYTES = 127;

/** Bytes from which on a message is handed over as it is, behind its header. */
const MIN_LARGE = 8 * 1024;

/**
 * A message as a server puts it on the wire (RFC 6455): one frame, not masked. Where it is large and
 * binary its own bytes are part of that and not copied: those who read slowly at different places
 * would each hold a copy, and copies between those that are held make a heap that is full of holes.
 */
export function framed(message: Wire): readonly Buffer[] {
  const isText = typeof message === "string";
  const length = isText ? Buffer.byteLength(message) : message.length;
  const isLarge = !isText && length >= MIN_LARGE;
  const head = length <= MAX_SHORT ? 2 : length < 2 ** 16 ? 4 : 10;
  // A header that waits would hold all of the memory that small buffers share.
  const frame = isLarge ? Buffer.allocUnsafeSlow(head) : Buffer.allocUnsafe(head + length);
  frame[0] = isText ? TEXT : BINARY;
  if (head === 2) frame[1] = length;
  else if (head === 4) {
    frame[1] = IN_TWO_BYTES;
    frame.writeUInt16BE(length, 2);
  } else {
    frame[1] = IN_EIGHT_BYTES;
    frame.writeBigUInt64BE(BigInt(length), 2);
  }
  if (isLarge) return [frame, Buffer.from(message.buffer, message.byteOffset, length)];
  if (isText) frame.write(message, head);
  else frame.set(message, head);
  return [frame];
}
