import type { SUBPROTOCOLS } from "@deltawire/spec";
import type { SocketConstructor } from "./socket.js";

/** How to connect, to read. */
export interface ReadOptions {
  /**
   * Proves who you are, where the server asks for that. A function is called for each connection,
   * and again before its token expires.
   */
  readonly token?: string | (() => string | Promise<string>);
  /** `json` is for reading along. @default "msgpack" */
  readonly codec?: keyof typeof SUBPROTOCOLS;
  /**
   * Whether names of JSON members go as numbers, and times as timestamps, where the server knows that.
   *
   * @default true
   */
  readonly compact?: boolean;
  /** @default the platform's WebSocket; that of `ws` where there is none */
  readonly WebSocket?: SocketConstructor;
  /**
   * How to reach the server. `auto` goes over HTTP where a WebSocket could not be opened twice and
   * never was, and tries one again each time the connection is lost.
   *
   * @default "auto"
   */
  readonly transport?: "auto" | "websocket" | "http";
}

/** How to connect, to write and to read. */
export interface ConnectOptions extends ReadOptions {
  /** Throttle of channels that state none, in milliseconds. @default 100 */
  readonly throttle?: number;
  /** The id to write by: a later run that states it again takes its messages up. @default random */
  readonly producer?: string;
}
