import { DeltawireError, type Frame, isWellFormed, LIMITS, SUBPROTOCOLS } from "@deltawire/spec";
import { Channel, type ChannelOptions } from "./channel.js";
import { Connection, errorOf } from "./connection.js";
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
  #closedHere = false;

  constructor(url: string, options: ConnectOptions) {
    this.#url = url;
    this.#options = options;
  }

  /**
   * The channel of a name, always the same one. `options` count the first time.
   *
   * @throws DeltawireError `limit_exceeded` or `ill_formed_text` for what is no name
   */
  channel(name: string, options: ChannelOptions = {}): Channel {
    let channel = this.#channels.get(name);
    if (!channel) {
      checkName(name);
      const { throttle } = this.#options;
      const host = { producer: this.#producer, send: (frame: Frame) => this.#send(frame) };
      channel = new Channel(
        name,
        host,
        throttle === undefined ? options : { throttle, ...options },
      );
      if (this.#error) channel.lost(this.#error, this.#closedHere);
      this.#channels.set(name, channel);
    }
    return channel;
  }

  /** Sends what is pending, waits until the server has it, and closes the connection. */
  async close(): Promise<void> {
    await Promise.allSettled([...this.#channels.values()].map((channel) => channel.flush()));
    this.#closedHere ||= this.#error === undefined;
    this.#lost(new DeltawireError("closed", "the connection was closed here"));
    this.#connection?.close();
  }

  #send(frame: Frame): void {
    if (this.#error) return;
    this.#connection ??= new Connection(
      {
        url: this.#url,
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
    } else if (frame.type === "error" && frame.code !== "unknown_frame") {
      // Something that was sent here is lost, and nobody can tell what: nothing may wait for it.
      this.#lost(errorOf(frame));
      this.#connection?.close();
    }
  }

  #lost(error: DeltawireError): void {
    if (this.#error) return;
    this.#error = error;
    for (const channel of this.#channels.values()) channel.lost(error, this.#closedHere);
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

function checkName(name: string): void {
  if (!isWellFormed(name)) {
    throw new DeltawireError("ill_formed_text", "a lone surrogate in the name of a channel");
  }
  if (name.length >= 1 && name.length <= LIMITS.max_id_length) return;
  const what = `a channel's name has 1 to ${LIMITS.max_id_length} units (max_id_length)`;
  throw new DeltawireError("limit_exceeded", what);
}
