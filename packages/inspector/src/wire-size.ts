/**
 * Bytes of a message on the wire: its own and its WebSocket header (RFC 6455, section 5.2), which
 * has a mask where a client sends it. Over HTTP, its own.
 */
export function wireSize(
  message: string | Uint8Array,
  direction: "sent" | "received",
  transport: "websocket" | "http",
): number {
  const payload = typeof message === "string" ? utf8Length(message) : message.length;
  if (transport === "http") return payload;
  const extended = payload < 126 ? 0 : payload < 65_536 ? 2 : 8;
  return 2 + extended + (direction === "sent" ? 4 : 0) + payload;
}

/** Bytes of the UTF-8 of a text; a lone surrogate counts as U+FFFD. */
export function utf8Length(text: string): number {
  let bytes = text.length;
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i);
    if (unit < 0x80) continue;
    bytes += unit < 0x800 ? 1 : 2;
    const isPair = (unit & 0xfc00) === 0xd800 && (text.charCodeAt(i + 1) & 0xfc00) === 0xdc00;
    if (isPair) i += 1; // four bytes in all
  }
  return bytes;
}
