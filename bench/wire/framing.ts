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

/** What Node's own synchronous functions drive: no other call flushes a stream at once. */
interface Engine {
  readonly _handle: {
    writeSync(flush: number, input: Uint8Array, ...places: readonly (number | Uint8Array)[]): void;
  };
  /** After a write: room that is left for output, and input that is left. */
  readonly _writeState: readonly [room: number, input: number];
}

/**
 * A connection that is compressed: its messages one after the other in one stream that is flushed
 * after each, as they are read at once. A WebSocket by permessage-deflate with context takeover
 * (RFC 7692), which compresses every message; HTTP and lines by gzip.
 */
export class Compressor {
  readonly #framing: Framing;
  readonly #stream: DeflateRaw | Gzip;
  readonly #output = new Uint8Array(65_536);

  constructor(framing: Framing) {
    this.#framing = framing;
    this.#stream = framing === "websocket" ? createDeflateRaw() : createGzip();
  }

  /** Bytes of a message on the wire. */
  bytesOf(message: Message): number {
    const payload = this.#deflate(Buffer.from(payloadOf(this.#framing, message)));
    return framed(this.#framing, payload - (this.#framing === "websocket" ? TAIL : 0));
  }

  #deflate(input: Uint8Array): number {
    const { _handle: handle, _writeState: state } = this.#stream as unknown as Engine; // see there
    const output = this.#output;
    let left = input.length;
    let bytes = 0;
    do {
      const from = input.length - left;
      handle.writeSync(constants.Z_SYNC_FLUSH, input, from, left, output, 0, output.length);
      bytes += output.length - state[0];
      left = state[1];
    } while (state[0] === 0);
    return bytes;
  }

  close(): void {
    this.#stream.destroy();
  }
}
