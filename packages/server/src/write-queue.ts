import process from "node:process";
import type { Duplex } from "node:stream";
import type { Wire } from "@deltawire/protocol";
import { framed } from "./websocket-frame.js";

/** Bytes up to which small messages are copied together; more are handed over as they are. */
const MAX_JOINED = 32 * 1024;

/** Forms of one frame, and a few more: JSON, MessagePack and that compressed. */
const MAX_FORMS = 4;

/** Messages that are due to a connection. Those to which the same is due share one batch. */
export class Batch {
  readonly message: Wire | undefined;
  readonly #frame: readonly Buffer[];
  /** Bytes of all of them, with their headers. */
  readonly length: number;
  /** Whether all of it is written as one buffer. */
  readonly #isJoined: boolean;
  readonly #before: Batch | undefined;
  /** What those were sent last who had been sent all of this. */
  readonly #next: Batch[] = [];
  #bytes: Buffer | undefined;

  constructor(before?: Batch, message?: Wire, frame: readonly Buffer[] = []) {
    this.message = message;
    this.#frame = frame;
    this.length = frame.reduce((sum, { length }) => sum + length, before?.length ?? 0);
    const isSmall = frame.length < 2 && this.length <= MAX_JOINED;
    this.#isJoined = isSmall && (!before || before.#isJoined);
    this.#before = before;
  }

  /** The same and one more; made once for those who are sent it at about the same time. */
  and(message: Wire, frame: (message: Wire) => readonly Buffer[]): Batch {
    for (const next of this.#next) if (next.message === message) return next;
    const next = new Batch(this, message, frame(message));
    if (this.#next.push(next) > MAX_FORMS) this.#next.shift();
    return next;
  }

  /** @param onWritten called once all of it has left this process, or cannot */
  writeTo(socket: Duplex, onWritten?: (error?: Error | null) => void): void {
    if (this.#isJoined) {
      this.#bytes ??= this.#joined();
      socket.write(this.#bytes, onWritten);
      return;
    }
    const pieces = this.#pieces;
    const last = pieces.pop();
    socket.cork();
    for (const piece of pieces) socket.write(piece);
    socket.write(last, onWritten);
    socket.uncork();
  }

  #joined(): Buffer {
    const [first, ...more] = this.#pieces;
    return first && more.length === 0 ? first : Buffer.concat(this.#pieces);
  }

  get #pieces(): Buffer[] {
    const frames: (readonly Buffer[])[] = [];
    for (let batch: Batch = this; batch.#before; batch = batch.#before) frames.push(batch.#frame);
    return frames.reverse().flat();
  }
}

/** A connection to which something is due. */
export interface Writer {
  /** Writes it. */
  flush(): void;
}

/**
 * What is due to connections at the end of this turn of the event loop. Each is written to once,
 * and a message is framed once however many it goes to.
 */
export class WriteQueue {
  #empty = new Batch();
  #writers: Writer[] = [];
  readonly #framed = new Map<Wire, readonly Buffer[]>();

  /** A message is due to a connection, behind what was before. */
  add(writer: Writer, before: Batch | undefined, message: Wire): Batch {
    if (!before) {
      if (this.#writers.length === 0) process.nextTick(this.#flush);
      this.#writers.push(writer);
    }
    return (before ?? this.#empty).and(message, this.#frame);
  }

  readonly #frame = (message: Wire): readonly Buffer[] => {
    const known = this.#framed.get(message) ?? framed(message);
    this.#framed.set(message, known);
    return known;
  };

  readonly #flush = (): void => {
    const writers = this.#writers;
    this.#writers = [];
    this.#empty = new Batch();
    this.#framed.clear();
    for (const writer of writers) writer.flush();
  };
}
