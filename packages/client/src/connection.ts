import { type Codec, createCodec, type Wire } from "@deltawire/protocol";
import {
  CLOSE_CODES,
  DeltawireError,
  type ErrorCode,
  type ErrorFrame,
  type Frame,
  LIMITS,
  type Subprotocol,
} from "@deltawire/spec";
import type { Socket, SocketConstructor } from "./socket.js";

/** What a {@link Connection} tells its owner. */
export interface ConnectionHost {
  receive(frame: Frame): void;
  /** The connection is over. Nothing follows. */
  lost(error: DeltawireError): void;
}

/** How to open a {@link Connection}. */
export interface ConnectionSettings {
  /** Relative to the page, where there is one. */
  readonly url: string;
  readonly token: string | (() => string | Promise<string>) | undefined;
  readonly protocols: readonly Subprotocol[];
  readonly WebSocket: SocketConstructor;
}

type Situation =
  | { readonly is: "opening"; readonly queue: Frame[] }
  | { readonly is: "open"; readonly socket: Socket; readonly codec: Codec }
  | { readonly is: "closed" };

/** One WebSocket to a server: says hello, and turns frames into messages and back. */
export class Connection {
  readonly #host: ConnectionHost;
  readonly #settings: ConnectionSettings;
  #situation: Situation = { is: "opening", queue: [] };
  #socket: Socket | undefined;
  #malformed = 0;

  constructor(settings: ConnectionSettings, host: ConnectionHost) {
    this.#settings = settings;
    this.#host = host;
    this.#open().catch((error: unknown) => {
      const what = error instanceof Error ? error.message : String(error);
      const known = error instanceof DeltawireError;
      this.#end(known ? error : new DeltawireError("connection_lost", `cannot connect: ${what}`));
    });
  }

  async #open(): Promise<void> {
    const { protocols, WebSocket, token: given } = this.#settings;
    const url = absolute(this.#settings.url);
    const token = typeof given === "function" ? await given() : given;
    if (this.#situation.is !== "opening") return;
    const socket = new WebSocket(url, [...protocols]);
    this.#socket = socket;
    socket.binaryType = "arraybuffer";
    socket.onopen = () => this.#opened(socket, token);
    socket.onmessage = ({ data }) => this.#receive(data);
    socket.onclose = ({ code, reason }) => this.#end(closeError(code, reason));
    socket.onerror = () => undefined; // a close follows
  }

  #opened(socket: Socket, token: string | undefined): void {
    if (this.#situation.is !== "opening") return;
    const { queue } = this.#situation;
    const subprotocol = this.#settings.protocols.find((name) => name === socket.protocol);
    if (!subprotocol) {
      const what = `the server chose no subprotocol of ${this.#settings.protocols.join(", ")}`;
      this.#fail(CLOSE_CODES.normal, new DeltawireError("unsupported_version", what));
      return;
    }
    this.#situation = { is: "open", socket, codec: createCodec(subprotocol) };
    this.send({ type: "hello", version: 1, ...(token !== undefined && { token }) });
    for (const frame of queue) this.send(frame);
  }

  /**
   * Sends a frame, as soon as the connection is open.
   *
   * @throws DeltawireError `limit_exceeded` where it is larger than `max_frame_bytes`
   */
  send(frame: Frame): void {
    const situation = this.#situation;
    if (situation.is === "opening") situation.queue.push(frame);
    if (situation.is !== "open") return;
    for (const message of situation.codec.encode(frame)) {
      if (isTooLarge(message)) {
        const what = `a frame is larger than max_frame_bytes (${LIMITS.max_frame_bytes})`;
        throw new DeltawireError("limit_exceeded", what);
      }
      situation.socket.send(message);
    }
  }

  #receive(data: unknown): void {
    const situation = this.#situation;
    if (situation.is !== "open") return;
    const message: Wire = data instanceof ArrayBuffer ? new Uint8Array(data) : String(data);
    let frame: Frame | undefined;
    try {
      frame = situation.codec.decode(message);
    } catch (error) {
      if (!(error instanceof DeltawireError)) throw error;
      this.#unreadable(error);
      return;
    }
    if (frame?.type === "ping") this.send({ ...frame, type: "pong" });
    else if (frame) this.#host.receive(frame);
  }

  /** Unknown frames are a newer server's; anything else shows as a gap, and is repaired. */
  #unreadable({ code, message, path }: DeltawireError): void {
    if (code === "unknown_frame") return;
    this.send({ type: "error", code, message, ...(path !== undefined && { path }) });
    this.#malformed += 1;
    if (this.#malformed < LIMITS.max_malformed_frames) return;
    const what = `the server sent too many frames that cannot be read, the last one: ${message}`;
    this.#fail(CLOSE_CODES.protocol_error, new DeltawireError(code, what, { path }));
  }

  /** Closes it from this side. */
  close(): void {
    this.#fail(CLOSE_CODES.normal, new DeltawireError("closed", "the connection was closed here"));
  }

  /** Closes it for a reason, which is not that of the close that follows. */
  #fail(code: number, error: DeltawireError): void {
    this.#end(error);
    this.#socket?.close(code);
  }

  #end(error: DeltawireError): void {
    if (this.#situation.is === "closed") return;
    this.#situation = { is: "closed" };
    this.#host.lost(error);
  }
}

const CODES: Readonly<Record<number, ErrorCode>> = {
  [CLOSE_CODES.normal]: "closed",
  [CLOSE_CODES.going_away]: "going_away",
  [CLOSE_CODES.frame_too_large]: "limit_exceeded",
  [CLOSE_CODES.protocol_error]: "malformed",
  [CLOSE_CODES.unauthorized]: "unauthorized",
  [CLOSE_CODES.hello_timeout]: "timeout",
  [CLOSE_CODES.superseded]: "superseded",
  [CLOSE_CODES.overloaded]: "overloaded",
};

function closeError(code: number, reason: string): DeltawireError {
  const what = reason || "the connection was lost, or never made";
  return new DeltawireError(CODES[code] ?? "connection_lost", `${what} (close code ${code})`);
}

/** The error of an `error` frame. */
export function errorOf({ code, message, channel, path }: ErrorFrame): DeltawireError {
  return new DeltawireError(DeltawireError.codeOf(code), message, { channel, path });
}

function absolute(url: string): string {
  try {
    return new URL(url, globalThis.location?.href).href.replace(/^http/, "ws");
  } catch {
    throw new DeltawireError("malformed", `cannot connect: ${url} is not a URL here`);
  }
}

function isTooLarge(message: Wire): boolean {
  const { max_frame_bytes } = LIMITS;
  if (typeof message !== "string") return message.length > max_frame_bytes;
  if (3 * message.length <= max_frame_bytes) return false;
  return new TextEncoder().encode(message).length > max_frame_bytes;
}
