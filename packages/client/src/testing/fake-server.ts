import { type Codec, createCodec, type Wire } from "@deltawire/protocol";
import { type Frame, SUBPROTOCOLS, type Subprotocol, type WelcomeFrame } from "@deltawire/spec";
import type { Socket, SocketConstructor } from "../socket.js";

/** A WebSocket without a network; its other end is what a test calls. */
export class FakeSocket implements Socket {
  readonly url: string;
  readonly offered: readonly string[];
  binaryType = "blob";
  protocol = "";
  onopen: Socket["onopen"] = null;
  onmessage: Socket["onmessage"] = null;
  onclose: Socket["onclose"] = null;
  onerror: Socket["onerror"] = null;
  /** Does not answer pings, like the other end of a connection that is half open. */
  isMute = false;
  /** What the client closed it with. */
  closed: { readonly code: number | undefined } | undefined;
  /** The frames that the client has sent and {@link take} has not returned. */
  #frames: Frame[] = [];
  #codec: Codec | undefined;

  constructor(url: string, offered: string[]) {
    this.url = url;
    this.offered = offered;
  }

  send(message: Wire): void {
    if (!this.#codec) throw new Error("a message before the connection is open");
    const frame = this.#codec.decode(message);
    if (frame?.type === "ping" && !this.isMute) this.deliver({ ...frame, type: "pong" });
    else if (frame) this.#frames.push(frame);
  }

  close(code?: number): void {
    this.closed ??= { code };
  }

  /** Opens the socket with one of the subprotocols, or with none. */
  open(subprotocol: Subprotocol | "" = SUBPROTOCOLS.json): void {
    this.protocol = subprotocol;
    if (subprotocol !== "") this.#codec = createCodec(subprotocol);
    this.onopen?.({} as never);
  }

  /** Opens the socket, and says welcome. */
  accept(subprotocol: Subprotocol = SUBPROTOCOLS.json, welcome: Partial<WelcomeFrame> = {}): void {
    this.open(subprotocol);
    this.deliver({ type: "welcome", version: 1, durability: "memory", ...welcome });
  }

  /** What the client has sent since the last call. */
  take(): Frame[] {
    const frames = this.#frames;
    this.#frames = [];
    return frames;
  }

  /** Sends frames to the client. */
  deliver(...frames: Frame[]): void {
    for (const frame of frames) {
      for (const message of this.#codec?.encode(frame) ?? []) this.deliverRaw(message);
    }
  }

  /** Sends anything to the client, as a browser hands it on. */
  deliverRaw(message: unknown): void {
    const data = message instanceof Uint8Array ? new Uint8Array(message).buffer : message;
    this.onmessage?.({ data });
  }

  /** Whether the client still listens to it. */
  get isHeard(): boolean {
    return this.onmessage !== null;
  }

  /** Ends the connection from the server's side. */
  end(code: number, reason = ""): void {
    this.onclose?.({ code, reason });
  }
}

/** Makes fake sockets, and keeps them. */
export class FakeNetwork {
  readonly sockets: FakeSocket[] = [];
  readonly WebSocket: SocketConstructor;

  constructor() {
    const { sockets } = this;
    this.WebSocket = class extends FakeSocket {
      constructor(url: string, offered: string[]) {
        super(url, offered);
        sockets.push(this);
      }
    };
  }

  /** The latest socket. */
  get socket(): FakeSocket {
    const socket = this.sockets.at(-1);
    if (!socket) throw new Error("nobody has connected");
    return socket;
  }
}
