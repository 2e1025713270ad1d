import { FIRST_BYTES, type PassedMessage } from "./frame-meter.js";

const LINE_FEED = 10;
const BRACE = 0x7b; // "{", with which a frame of the JSON codec begins

/**
 * Measures the events in a stream of them (WHATWG HTML, 9.2), whatever pieces it comes in: one ends
 * with an empty line. It holds the first bytes of an event's data, never all of them. Comments and
 * events without a frame count as bytes alone.
 */
export class EventMeter {
  readonly #onMessage: (message: PassedMessage) => void;
  #first: number[] = [];
  #length = 0;
  #wasLineFeed = false;
  #offset = 0;

  constructor(onMessage: (message: PassedMessage) => void) {
    this.#onMessage = onMessage;
  }

  /** Bytes that have passed. */
  get bytes(): number {
    return this.#offset;
  }

  push(chunk: Uint8Array): void {
    for (const byte of chunk) {
      this.#offset += 1;
      this.#length += 1;
      const isBegun = this.#first.length > 0 || byte === BRACE;
      if (isBegun && this.#first.length < FIRST_BYTES) this.#first.push(byte);
      if (byte === LINE_FEED && this.#wasLineFeed) this.#end();
      else this.#wasLineFeed = byte === LINE_FEED;
    }
  }

  #end(): void {
    const first = Uint8Array.from(this.#first);
    const length = this.#length;
    this.#first = [];
    this.#length = 0;
    this.#wasLineFeed = false;
    if (first.length === 0) return;
    this.#onMessage({ opcode: 1, header: 0, length, total: length, first, end: this.#offset });
  }
}
