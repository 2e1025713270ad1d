import { once } from "node:events";
import type { Socket } from "node:net";
import { type Codec, createCodec } from "@deltawire/protocol";
import { type Frame, SUBPROTOCOLS, type Subprotocol } from "@deltawire/spec";
import { WebSocket } from "ws";

/** A real WebSocket that speaks frames, and nothing else: what it does is what a test says. */
export class RawClient {
  readonly socket: WebSocket;
  readonly codec: Codec;
  readonly frames: Frame[] = [];
  /** Code and reason, once it is closed. */
  readonly closed: Promise<{ readonly code: number; readonly reason: string }>;

  private constructor(socket: WebSocket, subprotocol: Subprotocol) {
    this.socket = socket;
    this.codec = createCodec(subprotocol);
    socket.on("message", (data: Buffer, isBinary: boolean) => {
      const frame = this.codec.decode(isBinary ? data : data.toString());
      if (frame) this.frames.push(frame);
    });
    this.closed = new Promise((resolve) => {
      socket.on("close", (code, reason) => resolve({ code, reason: reason.toString() }));
    });
    socket.on("error", () => undefined); // a close follows
  }

  /** Connected, and greeted unless told otherwise. */
  static async open(
    url: string,
    codec: keyof typeof SUBPROTOCOLS = "msgpack",
    greet = true,
  ): Promise<RawClient> {
    const socket = new WebSocket(url, [SUBPROTOCOLS[codec]]);
    const client = new RawClient(socket, SUBPROTOCOLS[codec]);
    await once(socket, "open");
    if (greet) {
      client.send({ type: "hello", version: 1 });
      await client.next("welcome");
    }
    return client;
  }

  /** The TCP socket under it. */
  get tcp(): Socket {
    return (this.socket as unknown as { readonly _socket: Socket })._socket;
  }

  send(...frames: Frame[]): void {
    for (const frame of frames) {
      for (const message of this.codec.encode(frame)) this.socket.send(message);
    }
  }

  /** The next frame of a type, among those that have come or will. */
  async next<Type extends Frame["type"]>(type: Type): Promise<Frame & { readonly type: Type }> {
    for (;;) {
      const at = this.frames.findIndex((frame) => frame.type === type);
      if (at >= 0) {
        const [frame] = this.frames.splice(at, 1);
        return frame as Frame & { readonly type: Type }; // it was found by that
      }
      await once(this.socket, "message");
    }
  }

  /** Resolves once everything that was sent before has been handled. */
  async settled(): Promise<void> {
    const id = Math.floor(Math.random() * 1e9);
    this.send({ type: "ping", id });
    while ((await this.next("pong")).id !== id);
  }
}
