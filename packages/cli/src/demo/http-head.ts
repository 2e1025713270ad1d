const END = [13, 10, 13, 10]; // CR LF CR LF (RFC 9112, 2.1)
const STATUS_LINE = "HTTP/1.1 101";

/** Finds the end of an HTTP request's or response's head, whatever pieces it comes in. */
export class HttpHead {
  #matched = 0;
  #begin = "";

  get ended(): boolean {
    return this.#matched === END.length;
  }

  /** Whether a response's head agrees to another protocol: its status is 101. */
  get upgrades(): boolean {
    return this.ended && this.#begin === STATUS_LINE;
  }

  /** How many of the bytes belong to the head. */
  push(bytes: Uint8Array): number {
    let at = 0;
    while (at < bytes.length && !this.ended) {
      const byte = bytes[at++] ?? 0;
      if (this.#begin.length < STATUS_LINE.length) this.#begin += String.fromCharCode(byte);
      this.#matched = byte === END[this.#matched] ? this.#matched + 1 : byte === END[0] ? 1 : 0;
    }
    return at;
  }
}
