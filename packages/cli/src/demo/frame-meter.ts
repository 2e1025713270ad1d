/** A WebSocket message, once its last byte has passed. */
export interface PassedMessage {
  /** 1 text, 2 binary, 8 close, 9 ping, 10 pong (RFC 6455, 11.8). */
  readonly opcode: number;
  /** Bytes of the frame headers, masking keys included: of all its frames, if it came in several. */
  readonly header: number;
  /** Bytes of payload. */
  readonly length: number;
  /** `header + length`: what the message cost on the wire. */
  readonly total: number;
  /** The first bytes of the payload, unmasked: `FIRST_BYTES` at most. */
  readonly first: Uint8Array;
  /** Bytes of this direction that had passed, after the upgrade, when the message ended. */
  readonly end: number;
}

export const FIRST_BYTES = 64;

/** A message that is passing. */
interface Passing {
  readonly opcode: number;
  readonly first: number[];
  header: number;
  length: number;
}

/** The frame whose payload is passing. */
interface Frame {
  readonly final: boolean;
  readonly mask: Uint8Array | undefined;
  readonly length: number;
  readonly message: Passing;
  passed: number;
}

/**
 * Measures the WebSocket messages in one direction of a connection (RFC 6455, 5.2), whatever
 * pieces it comes in. It holds a frame's header and the first bytes of a message, never a payload.
 */
export class FrameMeter {
  readonly #onMessage: (message: PassedMessage) => void;
  readonly #header: number[] = [];
  #frame: Frame | undefined;
  #fragmented: Passing | undefined;
  #offset = 0;
  #broken: string | undefined;

  constructor(onMessage: (message: PassedMessage) => void) {
    this.#onMessage = onMessage;
  }

  /** Bytes that have passed. */
  get bytes(): number {
    return this.#offset;
  }

  /** Why the bytes are not WebSocket frames; from there on only bytes are counted. */
  get broken(): string | undefined {
    return this.#broken;
  }

  push(chunk: Uint8Array): void {
    const start = this.#offset;
    let at = 0;
    while (at < chunk.length && this.#broken === undefined) {
      if (this.#frame === undefined) {
        this.#header.push(chunk[at++] ?? 0);
        if (this.#header.length === headerSize(this.#header)) this.#frame = this.#open();
      } else {
        at += this.#take(this.#frame, chunk.subarray(at));
      }
      this.#offset = start + at;
      if (this.#frame && this.#frame.passed === this.#frame.length) this.#close(this.#frame);
    }
    this.#offset = start + chunk.length;
  }

  #open(): Frame | undefined {
    const header = this.#header.splice(0);
    const opcode = (header[0] ?? 0) & 0x0f;
    const final = ((header[0] ?? 0) & 0x80) !== 0;
    const masked = ((header[1] ?? 0) & 0x80) !== 0;
    const length = payloadLength(header);
    const control = opcode >= 8;
    if (!Number.isSafeInteger(length)) this.#broken = "a frame is longer than 2^53 bytes";
    else if (![0, 1, 2, 8, 9, 10].includes(opcode)) this.#broken = `opcode ${opcode} is reserved`;
    else if (control && (!final || length > 125))
      this.#broken = "a control frame is too long or in pieces";
    else if (!control && (opcode === 0) !== (this.#fragmented !== undefined)) {
      this.#broken = "a message begins inside another, or goes on before it began";
    }
    if (this.#broken !== undefined) return undefined;
    const fresh: Passing = { opcode, first: [], header: 0, length: 0 };
    const message = opcode === 0 ? (this.#fragmented ?? fresh) : fresh;
    message.header += header.length;
    message.length += length;
    if (!control) this.#fragmented = final ? undefined : message;
    const mask = masked ? Uint8Array.from(header.slice(-4)) : undefined;
    return { final, mask, length, message, passed: 0 };
  }

  #take(frame: Frame, bytes: Uint8Array): number {
    const taken = Math.min(bytes.length, frame.length - frame.passed);
    const { first } = frame.message;
    for (let i = 0; i < taken && first.length < FIRST_BYTES; i++) {
      first.push((bytes[i] ?? 0) ^ (frame.mask?.[(frame.passed + i) % 4] ?? 0));
    }
    frame.passed += taken;
    return taken;
  }

  #close(frame: Frame): void {
    this.#frame = undefined;
    if (!frame.final) return;
    const { opcode, first, header, length } = frame.message;
    const total = header + length;
    this.#onMessage({
      opcode,
      header,
      length,
      total,
      first: Uint8Array.from(first),
      end: this.#offset,
    });
  }
}

/** How long a header is, as far as its first bytes tell: 2, 4 or 10 bytes, and 4 for a mask. */
function headerSize(header: readonly number[]): number {
  const second = header[1];
  if (second === undefined) return 2;
  return 2 + extraLength(second) + (second & 0x80 ? 4 : 0);
}

function extraLength(second: number): number {
  const short = second & 0x7f;
  return short === 127 ? 8 : short === 126 ? 2 : 0;
}

function payloadLength(header: readonly number[]): number {
  const second = header[1] ?? 0;
  const extra = header.slice(2, 2 + extraLength(second));
  return extra.length === 0
    ? second & 0x7f
    : extra.reduce((length, byte) => length * 256 + byte, 0);
}
