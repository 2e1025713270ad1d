import type { Duplex } from "node:stream";
import type { Wire } from "@deltawire/protocol";
import { WebSocket } from "ws";
import { HIGH_WATER, type Transport } from "./transport.js";
import type { Batch, WriteQueue, Writer } from "./write-queue.js";

const NOTHING = Buffer.alloc(0);

/** What is left to `ws`: the handshakes, and what the client sends. */
type Connection = Pick<WebSocket, "readyState" | "close" | "pause" | "resume">;

/**
 * Writes what is due in one turn of the event loop at once, past `ws`: without compression that
 * holds nothing back, so that frames of its own (pong, close) go between messages.
 */
export class WebSocketTransport implements Transport, Writer {
  readonly #webSocket: Connection;
  readonly #socket: Duplex;
  readonly #queue: WriteQueue;
  #batch: Batch | undefined;
  #isAbove = false;
  #onDrain: () => void = () => undefined;

  constructor(webSocket: Connection, socket: Duplex, queue: WriteQueue) {
    this.#webSocket = webSocket;
    this.#socket = socket;
    this.#queue = queue;
  }

  get waiting(): number {
    return this.#socket.writableLength + (this.#batch?.length ?? 0);
  }

  onDrain(run: () => void): void {
    this.#onDrain = run;
  }

  send(message: Wire): void {
    this.#batch = this.#queue.add(this, this.#batch, message);
    if (this.waiting > HIGH_WATER) this.#isAbove = true;
  }

  flush(): void {
    const batch = this.#batch;
    this.#batch = undefined;
    // After a close frame, from whichever side, there is nothing (RFC 6455, 5.5.1).
    if (!batch || this.#webSocket.readyState !== WebSocket.OPEN) return;
    // The last one of those that were sent above the mark has it below when it has gone.
    batch.writeTo(this.#socket, this.#isAbove ? (error) => this.#onWritten(error) : undefined);
  }

  #onWritten(error?: Error | null): void {
    if (error || !this.#isAbove || this.waiting > HIGH_WATER) return;
    this.#isAbove = false;
    this.#onDrain();
  }

  /** `ws` has answered a ping: that is above the mark at times, and nothing of this was. */
  answered(): void {
    if (this.#isAbove || this.waiting <= HIGH_WATER) return;
    this.#isAbove = true;
    this.#socket.write(NOTHING, (error) => this.#onWritten(error));
  }

  close(code: number, reason: string): void {
    this.flush();
    this.#webSocket.close(code, reason);
  }

  pause(): void {
    this.#webSocket.pause();
  }

  resume(): void {
    this.#webSocket.resume();
  }
}
