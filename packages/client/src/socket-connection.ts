import { type Codec, JsonCodec, type Wire } from "@deltawire/protocol/json";
import type { ChannelState } from "@deltawire/protocol/state";
import {
  type Capability,
  CLOSE_CODES,
  DeltawireError,
  type Frame,
  type GoodbyeFrame,
  LIMITS,
  parseDownward,
  SUBPROTOCOLS,
  type Subprotocol,
} from "@deltawire/spec";
import {
  absolute,
  type Connection,
  type ConnectionHost,
  failureOf,
  isTooLarge,
  lossOf,
} from "./connection.js";
import { Heartbeat } from "./heartbeat.js";
import type { Platform } from "./platform.js";
import { msgpack } from "./preload.js";
import type { Loss } from "./reconnection.js";
import type { Socket, SocketConstructor } from "./socket.js";

/** Milliseconds from the first attempt to the server's welcome. */
const OPENING_TIMEOUT = 15_000;

const CAPABILITIES: readonly Capability[] = ["deflate"];
const COMPACT: Capability = "compact";

/** How to open a {@link SocketConnection}. */
export interface SocketSettings {
  /** Relative to the page, where there is one. */
  readonly url: string;
  readonly token: string | undefined;
  readonly protocols: readonly Subprotocol[];
  /** Whether values are compact, with a server that knows them. */
  readonly compact: boolean;
  readonly WebSocket: SocketConstructor;
}

type Situation =
  | { readonly is: "opening" }
  | { readonly is: "open"; readonly socket: Socket; readonly codec: Codec }
  | { readonly is: "closed" };

/** One WebSocket to a server: says hello, and turns frames into messages and back. */
export class SocketConnection implements Connection {
  readonly #host: ConnectionHost;
  readonly #platform: Platform;
  readonly #settings: SocketSettings;
  readonly #heartbeat: Heartbeat;
  #situation: Situation = { is: "opening" };
  #socket: Socket | undefined;
  #goodbye: GoodbyeFrame | undefined;
  #malformed = 0;
  #cancelOpening: () => void = () => undefined;

  constructor(settings: SocketSettings, platform: Platform, host: ConnectionHost) {
    this.#settings = settings;
    this.#platform = platform;
    this.#host = host;
    this.#heartbeat = new Heartbeat({
      clock: platform.clock,
      ask: () => this.send({ type: "ping" }),
      dead: () => this.#drop(lossOf(1006, "the server gives no sign of life")),
    });
  }

  open(): void {
    const { protocols, WebSocket, url, token } = this.#settings;
    this.#cancelOpening = this.#platform.clock.after(OPENING_TIMEOUT, () =>
      this.#drop(lossOf(1006, `no welcome within ${OPENING_TIMEOUT} ms`)),
    );
    // While the socket opens; what comes of it is asked for then.
    if (protocols.includes(SUBPROTOCOLS.msgpack)) msgpack.load().catch(() => undefined);
    try {
      const socket = new WebSocket(absolute(url).replace(/^http/, "ws"), [...protocols]);
      this.#socket = socket;
      socket.binaryType = "arraybuffer";
      socket.onopen = () => this.#opened(socket, token);
      socket.onmessage = ({ data }) => this.#receive(data);
      socket.onclose = ({ code, reason }) => this.#end(this.#closed(code, reason));
      socket.onerror = () => undefined; // a close follows
    } catch (error) {
      const isWrong = error instanceof DeltawireError;
      this.#end(isWrong ? { code: CLOSE_CODES.protocol_error, error } : failureOf(error));
    }
  }

  #opened(socket: Socket, token: string | undefined): void {
    if (this.#situation.is !== "opening") return;
    const subprotocol = this.#settings.protocols.find((name) => name === socket.protocol);
    if (!subprotocol) {
      const what = `the server chose no subprotocol of ${this.#settings.protocols.join(", ")}`;
      const error = new DeltawireError("unsupported_version", what);
      this.#drop({ code: CLOSE_CODES.normal, error });
      return;
    }
    if (subprotocol === SUBPROTOCOLS.json) this.#greet(socket, new JsonCodec(parseDownward), token);
    else {
      msgpack.use(
        ({ MsgpackCodec }) => {
          const codec = new MsgpackCodec(parseDownward, (channel) => this.#host.replicaOf(channel));
          codec.readsCompact = this.#settings.compact;
          this.#greet(socket, codec, token);
        },
        (error) => this.#drop(failureOf(error)),
      );
    }
  }

  /** Says hello, before which the server says nothing. */
  #greet(socket: Socket, codec: Codec, token: string | undefined): void {
    if (this.#situation.is !== "opening") return;
    this.#situation = { is: "open", socket, codec };
    this.send({
      type: "hello",
      version: 1,
      ...(token !== undefined && { token }),
      ...(codec.subprotocol === SUBPROTOCOLS.msgpack && {
        capabilities: codec.readsCompact ? [...CAPABILITIES, COMPACT] : CAPABILITIES,
      }),
    });
    this.#host.opened();
  }

  send(frame: Frame, after?: ChannelState): void {
    const situation = this.#situation;
    if (situation.is !== "open") return;
    const messages = situation.codec.encode(frame, after);
    messages.forEach((message, i) => {
      if (isTooLarge(message)) {
        const what = `a frame is larger than max_frame_bytes (${LIMITS.max_frame_bytes})`;
        throw new DeltawireError("limit_exceeded", what);
      }
      const isSelect = i < messages.length - 1;
      this.#host.passed("sent", message, isSelect ? undefined : frame);
      situation.socket.send(message);
    });
  }

  #receive(data: unknown): void {
    const situation = this.#situation;
    if (situation.is !== "open") return;
    this.#heartbeat.heard();
    const message: Wire = data instanceof ArrayBuffer ? new Uint8Array(data) : String(data);
    let frame: Frame | undefined;
    try {
      frame = situation.codec.decode(message);
    } catch (error) {
      if (!(error instanceof DeltawireError)) throw error;
      this.#host.passed("received", message, undefined, error);
      this.#unreadable(error);
      return;
    }
    this.#host.passed("received", message, frame);
    if (frame) this.#take(frame, situation.codec);
  }

  #take(frame: Frame, codec: Codec): void {
    if (frame.type === "ping") this.send({ ...frame, type: "pong" });
    else if (frame.type === "goodbye") this.#goodbye = frame;
    else if (frame.type === "welcome") {
      this.#cancelOpening();
      codec.writesCompact = codec.readsCompact && (frame.capabilities?.includes(COMPACT) ?? false);
      this.#heartbeat.start(frame.heartbeat);
      this.#host.welcomed(frame.expires_in);
    } else this.#host.receive(frame);
  }

  /** Unknown frames are a newer server's; anything else may have been any part of an answer. */
  #unreadable({ code, message, path }: DeltawireError): void {
    if (code === "unknown_frame") return;
    this.send({ type: "error", code, message, ...(path !== undefined && { path }) });
    this.#malformed += 1;
    if (this.#malformed < LIMITS.max_malformed_frames) {
      this.#host.unreadable();
      return;
    }
    const what = `the server sent too many frames that cannot be read, the last one: ${message}`;
    const error = new DeltawireError(code, what, { path });
    this.#drop({ code: CLOSE_CODES.protocol_error, error });
  }

  #closed(code: number, reason: string): Loss {
    return lossOf(code, reason || this.#goodbye?.reason || "", this.#goodbye?.retry_after);
  }

  probe(): void {
    this.#heartbeat.probe();
  }

  close(): void {
    this.#forget();
    this.#socket?.close(CLOSE_CODES.normal);
  }

  /** Ends it from this side, for a reason that the other side may never hear. */
  #drop(loss: Loss): void {
    // Of the codes that say something here, a browser lets a page send these alone.
    this.#socket?.close(loss.code >= 4000 ? loss.code : CLOSE_CODES.normal);
    this.#end(loss);
  }

  #end(loss: Loss): void {
    if (this.#situation.is === "closed") return;
    this.#forget();
    this.#host.lost(loss);
  }

  /** Lets go of a socket that may never answer a close: nothing of it reaches anybody any more. */
  #forget(): void {
    this.#situation = { is: "closed" };
    this.#cancelOpening();
    this.#heartbeat.stop();
    const socket = this.#socket;
    // Its `onerror` stays: without one, that of `ws` would throw.
    if (socket) socket.onopen = socket.onmessage = socket.onclose = null;
  }
}
