import {
  type Codec,
  createCodec,
  type Form,
  type SharedFrame,
  type Wire,
} from "@deltawire/protocol";
import { CLOSE_CODES, type Frame, LIMITS, SUBPROTOCOLS, type Subprotocol } from "@deltawire/spec";
import type { ConnectionRecord } from "./connection-record.js";
import { HIGH_WATER, MAX_WAITING, type Transport } from "./transport.js";

/** A connection that speaks frames: the transport, and the codec of its subprotocol. */
export class Line {
  readonly binary: boolean;
  readonly #transport: Transport;
  readonly #codec: Codec;
  readonly #record: ConnectionRecord;
  readonly #onClose: () => void;
  #isClosed = false;

  /** @param onClose what is to be done when it is closed, from whichever side */
  constructor(
    transport: Transport,
    subprotocol: Subprotocol,
    record: ConnectionRecord,
    onClose: () => void,
  ) {
    this.#transport = transport;
    this.#codec = createCodec(subprotocol);
    this.binary = subprotocol === SUBPROTOCOLS.msgpack;
    this.#record = record;
    this.#onClose = onClose;
  }

  get isClosed(): boolean {
    return this.#isClosed;
  }

  /** Whether the client has enough to read for now. */
  get isCongested(): boolean {
    return this.#isClosed || this.#transport.waiting > HIGH_WATER;
  }

  decode(message: Wire): Frame | undefined {
    this.#record.received(message);
    return this.#codec.decode(message);
  }

  /** Sends a frame that answers the client, whether it reads or not: within a bound. */
  send(frame: Frame): void {
    if (this.#isClosed) return;
    this.#record.told(frame);
    for (const message of this.#codec.encode(frame)) this.#write(message);
    if (this.#transport.waiting <= MAX_WAITING) return;
    this.close(CLOSE_CODES.overloaded, "this client asks, and does not read the answers");
  }

  /** Whether one message can carry the frame, and what it is read as is not too large. */
  fits(shared: SharedFrame, { isCompact, isCompressed = false }: Form = {}): boolean {
    const most = LIMITS.max_frame_bytes;
    if (this.binary) return shared.packed(isCompact).sizeOf(isCompressed) <= most;
    return 3 * shared.json.length <= most || Buffer.byteLength(shared.json) <= most;
  }

  /** @param form how its client takes it */
  deliver(shared: SharedFrame, form: Form = {}): void {
    if (this.#isClosed) return;
    let bytes = 0;
    for (const message of this.#codec.encodeShared(shared, form)) bytes = this.#write(message);
    this.#record.delivered(shared, bytes, this.binary ? form : undefined);
  }

  /** Returns the bytes of the message. */
  #write(message: Wire): number {
    const bytes = this.#record.sent(message);
    this.#transport.send(message);
    return bytes;
  }

  /** From now on this client may write compact values. */
  readCompact(): void {
    this.#codec.readsCompact = true;
  }

  /** Closes the connection from this side. */
  close(code: number, reason: string): void {
    if (this.#isClosed) return;
    this.#transport.close(code, reason);
    this.end(code);
  }

  /** The connection is gone, by a close code if it had one. */
  end(code?: number): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#record.closed(code);
    this.#onClose();
  }
}
