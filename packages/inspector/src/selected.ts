import { MessagePack } from "@deltawire/protocol";

/** First element of a `select`. PROTOCOL.md, "select". */
const SELECT = 3;

/** Channels that are remembered; a connection may select no more. */
const MAX_CHANNELS = 1024;

/** Which channel a `select` of the MessagePack codec names: it says a name once, then its number. */
export class Selected {
  readonly #names = new Map<string, string>();

  /** Another connection begins. */
  clear(): void {
    this.#names.clear();
  }

  /** The channel of a message, if it is a `select`, and its name was seen. */
  channelOf(message: string | Uint8Array, direction: "sent" | "received"): string | undefined {
    if (typeof message === "string") return undefined;
    let value: unknown;
    try {
      value = MessagePack.unpack(message);
    } catch {
      return undefined;
    }
    const [code, number, name]: readonly unknown[] = Array.isArray(value) ? value : [];
    if (code !== SELECT || typeof number !== "number" || number >= MAX_CHANNELS) return undefined;
    const key = `${direction} ${number}`;
    if (typeof name === "string") this.#names.set(key, name);
    return this.#names.get(key);
  }
}
