import type { Wire } from "@deltawire/protocol";
import type { Transport } from "./transport.js";

/** Messages and bytes that wait, above which a connection is paused. */
const MAX_MESSAGES = 64;
const MAX_BYTES = 64 * 1024;

/** What a connection may still bring after it was paused, as a multiple of these. */
const OVERFLOW = 16;

/** What an {@link Inbox} does with messages. */
export interface InboxHandler {
  /** Takes a message; those behind it wait for the promise, if there is one. It does not reject. */
  take(message: Wire): undefined | Promise<void>;
  /** What it comes over. */
  readonly transport: Pick<Transport, "pause" | "resume">;
  /** More came than was to wait, though the connection was paused. */
  overflow(): void;
}

/** Keeps a connection's messages in order while one of them waits for an answer. */
export class Inbox {
  readonly #handler: InboxHandler;
  #queue: Wire[] = [];
  #bytes = 0;
  #isBusy = false;
  #isPaused = false;

  constructor(handler: InboxHandler) {
    this.#handler = handler;
  }

  receive(message: Wire): void {
    if (!this.#isBusy) {
      this.#await(this.#handler.take(message));
      return;
    }
    this.#queue.push(message);
    this.#bytes += message.length;
    const fill = Math.max(this.#queue.length / MAX_MESSAGES, this.#bytes / MAX_BYTES);
    if (fill <= 1) return;
    if (!this.#isPaused) this.#handler.transport.pause?.();
    this.#isPaused = true;
    // One message may be as large as a frame can be: only many are too many.
    if (fill > OVERFLOW && this.#queue.length > OVERFLOW) this.#handler.overflow();
  }

  /** Nothing more is taken. */
  close(): void {
    this.#queue = [];
    this.#isBusy = true;
  }

  #await(answer: undefined | Promise<void>): void {
    if (!answer) return;
    this.#isBusy = true;
    void answer.then(() => this.#next());
  }

  #next(): void {
    this.#isBusy = false;
    while (!this.#isBusy) {
      const message = this.#queue.shift();
      if (message === undefined) break;
      this.#bytes -= message.length;
      this.#await(this.#handler.take(message));
    }
    if (!this.#isPaused || this.#isBusy) return;
    this.#isPaused = false;
    this.#handler.transport.resume?.();
  }
}
