import { once } from "node:events";
import type { IncomingMessage } from "node:http";
import type { Socket } from "node:net";
import WebSocket from "ws";
import { until } from "./consumer.js";

/** A WebSocket that counts what comes in, for what others send. */
export class BareConsumer {
  readonly #socket: WebSocket;
  #stream: Socket | undefined;
  #messages = 0;

  constructor(url: string) {
    this.#socket = new WebSocket(url, { perMessageDeflate: false });
    this.#socket.once("upgrade", ({ socket }: IncomingMessage) => {
      this.#stream = socket;
    });
    this.#socket.on("message", () => {
      this.#messages += 1;
    });
  }

  /** Resolves when it has asked and was answered. */
  async join(): Promise<void> {
    await once(this.#socket, "open");
    this.#socket.send("subscribe");
    await once(this.#socket, "message");
    this.#messages = 0;
  }

  /** Whether so many messages have come since it joined. */
  has(messages: number): Promise<boolean> {
    return until(() => this.#messages >= messages);
  }

  /** Bytes that have come in on its socket. */
  get bytes(): number {
    return this.#stream?.bytesRead ?? 0;
  }

  async leave(): Promise<void> {
    const closed = once(this.#socket, "close");
    this.#socket.close();
    await closed;
  }
}
