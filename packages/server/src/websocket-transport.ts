import type { Duplex } from "node:stream";
import type { Wire } from "@deltawire/protocol";
import type { WebSocket } from "ws";
import { HIGH_WATER, type Transport } from "./transport.js";

/** Bytes of a message's header (RFC 6455) at most. */
const HEADER = 14;

/** Sends what is due in one turn of the event loop as one write. */
export class WebSocketTransport implements Transport {
  readonly #webSocket: WebSocket;
  readonly #socket: Duplex;
  #corked = false;
  #isAbove = false;
  #onDrain: () => void = () => undefined;

  constructor(webSocket: WebSocket, socket: Duplex) {
    this.#webSocket = webSocket;
    this.#socket = socket;
  }

  get waiting(): number {
    return this.#webSocket.bufferedAmount;
  }

  onDrain(run: () => void): void {
    this.#onDrain = run;
  }

  send(message: Wire): void {
    if (!this.#corked) {
      this.#corked = true;
      this.#socket.cork();
      process.nextTick(() => {
        this.#corked = false;
        this.#socket.uncork();
      });
    }
    const most = typeof message === "string" ? 3 * message.length : message.length;
    if (this.waiting + most + HEADER <= HIGH_WATER) {
      this.#webSocket.send(message);
      return;
    }
    // The last one of those that were sent above the mark has it below when it has gone.
    this.#isAbove = true;
    this.#webSocket.send(message, this.#onWritten);
  }

  readonly #onWritten = (error?: Error | null): void => {
    if (error || !this.#isAbove || this.waiting > HIGH_WATER) return;
    this.#isAbove = false;
    this.#onDrain();
  };

  close(code: number, reason: string): void {
    this.#webSocket.close(code, reason);
  }

  pause(): void {
    this.#webSocket.pause();
  }

  resume(): void {
    this.#webSocket.resume();
  }
}
