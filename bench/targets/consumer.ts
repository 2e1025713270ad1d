import { createHash } from "node:crypto";
import type { IncomingMessage } from "node:http";
import type { Socket } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { type Change, type Channel, connect, type Wire } from "@deltawire/client";
import WebSocket from "ws";
import type { Written } from "./producer.js";

/** Milliseconds that a consumer has for anything. */
const PATIENCE = 10_000;

/** Whether something comes true in time. */
export async function until(isSo: () => boolean): Promise<boolean> {
  for (const end = performance.now() + PATIENCE; !isSo() && performance.now() < end; ) {
    await sleep(1);
  }
  return isSo();
}

/** One who reads the channel as users do; what comes in is counted at the socket. */
export class Consumer {
  readonly #wire: Wire;
  readonly #channel: Channel;
  readonly #take: (changes: readonly Change[]) => void;
  #socket: Socket | undefined;
  #hasLeft = false;

  /** @param take is called with changes once they are in the state */
  constructor(url: string, take: (changes: readonly Change[]) => void) {
    this.#take = take;
    const tap = (socket: Socket) => {
      this.#socket = socket;
    };
    class Tapped extends WebSocket {
      constructor(address: string, protocols: string[]) {
        super(address, protocols);
        this.once("upgrade", ({ socket }: IncomingMessage) => tap(socket));
      }
    }
    this.#wire = connect(url, { WebSocket: Tapped as never }); // the standard's handlers are wider
    this.#channel = this.#wire.channel("thread");
  }

  /** Resolves when the channel's state is there; it goes on reading. */
  async join(): Promise<void> {
    const events = this.#channel.changes();
    await events.next();
    this.#read(events).catch((error: unknown) => {
      if (!this.#hasLeft) throw error;
    });
  }

  async #read(events: ReturnType<Channel["changes"]>): Promise<void> {
    for await (const event of events) if (event.type === "changes") this.#take(event.changes);
  }

  /** Whether it holds exactly what was written, once the message is complete. */
  async holds(id: string, { length, sha256 }: Written): Promise<boolean> {
    await until(() => this.#channel.state.message(id)?.status === "completed");
    const text = this.#channel.state.message(id)?.text ?? "";
    return text.length === length && createHash("sha256").update(text).digest("hex") === sha256;
  }

  /** Bytes that have come in on its socket. */
  get bytes(): number {
    return this.#socket?.bytesRead ?? 0;
  }

  leave(): Promise<void> {
    this.#hasLeft = true;
    return this.#wire.close();
  }
}
