import { constants, createDeflateRaw, createGzip, type DeflateRaw, type Gzip } from "node:zlib";
import type { Framing, Message } from "./peer.js";

/** Bytes of a WebSocket header from server to client (RFC 6455, section 5.2). */
const headerBytes = (payload: number): number => (payload < 126 ? 2 : payload < 65_536 ? 4 : 10);

/** Bytes of what stands around a chunk in HTTP/1.1 (RFC 9112, section 7.1). */
const chunkBytes = (payload: number): number => payload.toString(16).length + 4;

/** A payload and what its carrier adds. */
function framed(framing: Framing, payload: number): number {
  switch (framing) {
    case "websocket":
      return payload + headerBytes(payload);
    case "events":
      return payload + chunkBytes(payload);
    case "lines":
      return payload;
  }
}

/** What is carried: of a line, its end too. */
const payloadOf = (framing: Framing, message: Message): Message =>
  framing === "lines" ? `${message}\n` : message;

/** Bytes of a message on the wire, with what carries it. */
export function bytesOf(framing: Framing, message: Message): number {
  return framed(framing, Buffer.byteLength(payloadOf(framing, message)));
}

/** What permessage-deflate leaves out at the end of each message (RFC 7692, section 7.2.1). */
const TAIL = 4;

/**
 * A connection that is compressed: its messages one after the other in one stream that is flushed
 * after each, as they are read at once. A WebSocket by permessage-deflate with context takeover
 * (RFC 7692), which compresses every message; HTTP and lines by gzip.
 */
export class Compressor {
  readonly #framing: Framing;
  readonly #stream: DeflateRaw | Gzip;
  #out = 0;

  constructor(framing: Framing) {
    this.#framing = framing;
    const options = { flush: constants.Z_SYNC_FLUSH };
    this.#stream = framing === "websocket" ? createDeflateRaw(options) : createGzip(options);
    this.#stream.on("data", ({ length }: Buffer) => {
      this.#out += length;
    });
  }

  /** Bytes of a message on the wire. */
  async bytesOf(message: Message): Promise<number> {
    const before = this.#out;
    await new Promise<void>((resolve, reject) => {
      this.#stream.write(payloadOf(this.#framing, message), (error) =>
        error ? reject(error) : resolve(),
      );
    });
    const payload = this.#out - before - (this.#framing === "websocket" ? TAIL : 0);
    return framed(this.#framing, payload);
  }

  close(): void {
    this.#stream.destroy();
  }
}
