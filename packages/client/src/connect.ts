import { DeltawireError, type Frame, SUBPROTOCOLS } from "@deltawire/spec";
import { Channel, type ChannelOptions } from "./channel.js";
import { Connection } from "./connection.js";
import { DefaultSocket, type SocketConstructor } from "./socket.js";

/** How to connect. */
export interface ConnectOptions {
  /** Proves who you are, where the server asks for that; a function is called for each connection. */
  readonly token?: string | (() => string | Promise<string>);
  /** `json` is for reading along. @default "msgpack" */
  readonly codec?: keyof typeof SUBPROTOCOLS;
  /** Throttle of channels that state none, in milliseconds. @default 100 */
  readonly throttle?: number;
  /** @default the platform's WebSocket; that of `ws` where there is none */
  readonly WebSocket?: SocketConstructor;
}

/** A connection to a server, and its channels. Made by {@link connect}; opens on first use. */
export class Wire {
  readonly #url: string;
  readonly #options: ConnectOptions;
  readonly #channels = new Map<string, Channel>();
  readonly #producer = randomId();
  #connection: Connection | undefined;
  #error: DeltawireError | undefined;

  constructor(url: string, options: ConnectOptions) {
    this.#url = url;
    this.#options = options;
  }

  /** The channel of a name, always the same one. `options` count the first time. */
  channel(name: string, options: ChannelOptions = {}): Channel {
    let channel = this.#channels.get(name);
    if (!channel) {
      const { throttle } = this.#options;
      const host = { producer: this.#producer, send: (frame: Frame) => this.#send(frame) };
      channel = new Channel(
        name,
        host,
        throttle === undefined ? options : { throttle, ...options },
      );
      if (this.#error) channel.lost(this.#error);
      this.#channels.set(name, channel);
    }
    return channel;
  }

  /** Sends what is pending, waits until the server has it, and closes the connection. */
  async close(): Promise<void> {
    const flushed = [...this.#channels.values()].map((channel) => channel.flush());
    if (!this.#error) await Promise.allSettled(this.#connection ? flushed : []);
    this.#connection?.close();
    this.#lost(new DeltawireError("closed", "the connection was closed here"));
  }

  #send(frame: Frame): void {
    if (this.#error) return;
    this.#connection ??= new Connection(
      {
        url: absolute(this.#url),
        token: this.#options.token,
        protocols:
          this.#options.codec === "json" ? [SUBPROTOCOLS.json] : Object.values(SUBPROTOCOLS),
        WebSocket: this.#options.WebSocket ?? DefaultSocket,
      },
      { receive: (received) => this.#receive(received), lost: (error) => this.#lost(error) },
    );
    this.#connection.send(frame);
  }

  #receive(frame: Frame): void {
    if ("channel" in frame && frame.channel !== undefined) {
      this.#channels.get(frame.channel)?.receive(frame);
    }
  }

  #lost(error: DeltawireError): void {
    if (this.#error) return;
    this.#error = error;
    for (const channel of this.#channels.values()) channel.lost(error);
  }
}

/**
 * Connects to a server, on first use.
 *
 * @param url `ws:`, `wss:`, `http:` or `https:`, or relative to the page in a browser
 */
export function connect(url: string, options: ConnectOptions = {}): Wire {
  return new Wire(url, options);
}

/** Enough to tell producers apart, and short, since it travels. */
function randomId(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(8));
  return Array.from(bytes, (byte) => (byte & 31).toString(32)).join("");
}

function absolute(url: string): string {
  const page = globalThis.location?.href;
  return new URL(url, page).href.replace(/^http/, "ws");
}
