import { once } from "node:events";
import { connect } from "node:net";
import { type FanoutPeer, MARK } from "./peer.js";

/** One buffer for all: each chunk is looked at as it comes. */
const BUFFER = Buffer.allocUnsafe(1 << 16);

/** Readers of one server that count texts, and do nothing else that takes time. */
export class Crowd {
  readonly #peer: FanoutPeer;
  readonly #port: number;
  /** Texts that came to each in this run, and to all. */
  readonly #seen: number[] = [];
  #total = 0;
  /** Texts after which all are told of, and what tells. */
  #share = Number.POSITIVE_INFINITY;
  #next = Number.POSITIVE_INFINITY;
  #onShare: () => void = () => undefined;
  /** When each text came to each reader, in milliseconds of the machine's monotonic clock. */
  #times = new Float64Array();
  #timed = 0;

  constructor(peer: FanoutPeer, port: number) {
    this.#peer = peer;
    this.#port = port;
  }

  /** Lets more readers join. */
  async grow(count: number): Promise<void> {
    for (let joined = 0; joined < count; ) {
      const some = Math.min(20, count - joined); // no more at once than a server's backlog takes
      await Promise.all(Array.from({ length: some }, () => this.#join()));
      joined += some;
    }
  }

  async #join(): Promise<void> {
    const greeting = [...this.#peer.greeting(this.#port)];
    const reader = this.#seen.push(0) - 1;
    let isSplit = false;
    let onJoined: () => void = () => undefined;
    const joined = new Promise<void>((resolve) => {
      onJoined = resolve;
    });
    const onChunk = (length: number): void => {
      const next = greeting.shift();
      if (next) socket.write(next);
      const marks = marksIn(length, isSplit);
      isSplit = BUFFER[length - 1] === MARK[0];
      if (marks > 0) this.#receive(reader, marks);
      if (marks > 0) onJoined();
    };
    const callback = (length: number): boolean => {
      onChunk(length);
      return true;
    };
    const socket = connect({
      port: this.#port,
      host: "127.0.0.1",
      noDelay: true,
      onread: { buffer: BUFFER, callback },
    });
    await once(socket, "connect");
    const first = greeting.shift();
    if (first) socket.write(first);
    await joined;
  }

  #receive(reader: number, marks: number): void {
    const seen = this.#seen[reader] ?? 0;
    this.#seen[reader] = seen + marks;
    this.#total += marks;
    if (this.#timed > 0) {
      const at = reader * this.#timed + seen;
      this.#times.fill(now(), at, at + marks);
    }
    while (this.#total >= this.#next) {
      this.#next += this.#share;
      this.#onShare();
    }
  }

  /** Begins to count; calls back each time that all have had so many more texts. */
  count(each: number, onEach: () => void): void {
    this.#begin(0);
    this.#share = each * this.#seen.length;
    this.#next = this.#share;
    this.#onShare = onEach;
  }

  /** Begins to take the times of so many texts. */
  time(each: number): void {
    this.#begin(each);
    this.#times = new Float64Array(each * this.#seen.length);
    this.#next = Number.POSITIVE_INFINITY;
  }

  #begin(timed: number): void {
    this.#seen.fill(0);
    this.#total = 0;
    this.#timed = timed;
  }

  /** Milliseconds that each turn took to each reader, in order; each had `size` texts. */
  latencies(sent: readonly number[], size: number): Float64Array {
    const turns = sent.length;
    const latencies = new Float64Array(this.#seen.length * turns);
    for (let reader = 0; reader < this.#seen.length; reader++) {
      for (const [turn, at] of sent.entries()) {
        const last = reader * this.#timed + turn * size + size - 1;
        latencies[reader * turns + turn] = (this.#times[last] ?? Number.NaN) - at;
      }
    }
    return latencies.sort();
  }

  /** How many texts came to each since the run began; undefined where not to all the same. */
  get seen(): number | undefined {
    const [first] = this.#seen;
    return this.#seen.every((seen) => seen === first) ? first : undefined;
  }
}

/** Milliseconds of the machine's monotonic clock: the same in every process. */
export function now(): number {
  const [seconds, nanoseconds] = process.hrtime();
  return seconds * 1e3 + nanoseconds / 1e6;
}

/**
 * Marks that end in a chunk. Both bytes count: one alone comes by chance, in a digest for example.
 *
 * @param isSplit whether the chunk before ended within one
 */
function marksIn(length: number, isSplit: boolean): number {
  const [first, second] = MARK;
  let marks = isSplit && BUFFER[0] === second ? 1 : 0;
  for (let i = 1; i < length; i++) {
    if (BUFFER[i] === second && BUFFER[i - 1] === first) marks += 1;
  }
  return marks;
}
