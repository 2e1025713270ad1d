import type { Wire } from "@deltawire/protocol";

/** First byte of a message that is one frame (RFC 6455, 5.2). */
const TEXT = 0x81;
const BINARY = 0x82;

/** Lengths that stand in the second byte themselves; then what says where else they stand. */
const MAX_SHORT = 125;
const IN_TWO_BYTES = 126;
const IN_EIGHT_BYTES = 127;

/** A message as a server puts it on the wire (RFC 6455): one frame, not masked. */
export function framed(message: Wire): Buffer {
  const isText = typeof message === "string";
  const length = isText ? Buffer.byteLength(message) : message.length;
  const head = length <= MAX_SHORT ? 2 : length < 2 ** 16 ? 4 : 10;
  const frame = Buffer.allocUnsafe(head + length);
  frame[0] = isText ? TEXT : BINARY;
  if (head === 2) frame[1] = length;
  else if (head === 4) {
    frame[1] = IN_TWO_BYTES;
    frame.writeUInt16BE(length, 2);
  } else {
    frame[1] = IN_EIGHT_BYTES;
    frame.writeBigUInt64BE(BigInt(length), 2);
  }
  if (isText) frame.write(message, head);
  else frame.set(message, head);
  return frame;
}
