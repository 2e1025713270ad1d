import { randomBytes } from "node:crypto";
import { type Channel, type ConnectOptions, connect, type Wire } from "@deltawire/client";

/** Since the process began. */
const now = (): number => performance.now();

/** One who has a room open, as a page does: its messages, who is in it, and a message of his own there. */
export class User {
  readonly #wire: Wire;
  readonly #name: string;
  readonly #room: Channel;
  readonly #here: Channel;
  /** When each message of somebody was here. */
  readonly seen: Map<string, number> = new Map();
  /** Bytes of channels that have come in. */
  received = 0;

  constructor(url: string, room: string, name: string, options: ConnectOptions = {}) {
    const token = randomBytes(32).toString("base64url");
    this.#name = name;
    this.#wire = connect(`${url.replace("http", "ws")}wire`, { token, ...options });
    this.#wire.tap((event) => {
      if (event.type !== "message" || event.direction !== "received") return;
      const { type } = event.frame ?? {};
      if (type !== "changes" && type !== "snapshot") return;
      this.received += Buffer.byteLength(event.message as Uint8Array | string);
    });
    this.#room = this.#wire.channel(`room/${room}`);
    this.#here = this.#wire.channel(`here/${room}`);
    this.#here.subscribe(() => undefined);
    this.#here.write(crypto.randomUUID(), { role: "presence", attributes: { name } });
    void this.#watch();
  }

  async #watch(): Promise<void> {
    try {
      for await (const event of this.#room.changes()) {
        const at = now();
        for (const change of event.type === "changes" ? event.changes : []) {
          if (change.type === "message_added" && change.role === "person") {
            this.seen.set(change.id, at);
          }
        }
      }
    } catch {
      // He has left.
    }
  }

  /** Says something, as the page does. Returns the message's id, and when it was said. */
  say(text: string): readonly [id: string, at: number] {
    const at = now();
    const attributes = { author: this.#name, sent_at: new Date().toISOString() };
    return [this.#room.event("message", { role: "person", attributes, text }).id, at];
  }

  get isLive(): boolean {
    return this.#room.status.is === "live" && this.#here.status.is === "live";
  }

  /** How many people, and agents, are in the room as he sees it. */
  get others(): number {
    return this.#here.state.messages.filter(({ status }) => status === "streaming").length;
  }

  /** Whether an agent's plan is running. */
  get isAgentAtWork(): boolean {
    return this.#room.state.messages.some(({ kind, isFinal }) => kind === "plan" && !isFinal);
  }

  leave(): Promise<void> {
    return this.#wire.close();
  }
}
