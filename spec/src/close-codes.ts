/**
 * WebSocket close codes (RFC 6455, section 7.4) and what a client does when it sees one.
 * PROTOCOL.md, "Close codes".
 */
export const CLOSE_CODES = {
  /** The client is done. */
  normal: 1000,
  /** The server shuts down; come back after `goodbye.retry_after`. */
  going_away: 1001,
  /** A message is larger than `max_frame_bytes`; sending it again fails again. */
  frame_too_large: 1009,
  /** Too many malformed frames, or a frame before `hello`: a defect of the peer; stop. */
  protocol_error: 4400,
  /** The token is missing or not valid; stop until there is another. */
  unauthorized: 4401,
  /** No `hello` in time; try again later. */
  hello_timeout: 4408,
  /** A newer connection took this one's place; stop. */
  superseded: 4409,
  /** The server is out of room; try again later. */
  overloaded: 4429,
} as const;
