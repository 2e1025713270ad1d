import type { Wire } from "@deltawire/protocol";
import type { Random } from "./random.js";
import type { Process, World } from "./world.js";

/** What a direction of a connection is like. */
export interface PipeOptions {
  /** Milliseconds that a message is under way, at least, and how many more it may be. */
  readonly latency: number;
  readonly jitter: number;
  /** Bytes under way past which the sender has to wait. */
  readonly window: number;
}

/** What comes out at the end. */
export interface PipeEnd {
  readonly process: Process;
  message(message: Wire): void;
  closed(code: number, reason: string): void;
}

type Item =
  | { readonly at: number; readonly message: Wire; readonly size: number }
  | { readonly at: number; readonly code: number; readonly reason: string; readonly size: 0 };

/** One direction of a connection: in order, and late. What is not under way waits at the sender. */
export class Pipe {
  readonly #world: World;
  readonly #random: Random;
  readonly #options: PipeOptions;
  readonly #end: PipeEnd;
  readonly #waiting: Item[] = [];
  #flight: Item[] = [];
  #flying = 0;
  #latest = 0;
  #notBefore = 0;
  #isScheduled = false;
  #isEnded = false;
  /** Bytes that wait at the sender. */
  waiting = 0;
  /** Called when less waits at the sender than before. */
  onTaken: () => void = () => undefined;

  constructor(world: World, random: Random, options: PipeOptions, end: PipeEnd) {
    this.#world = world;
    this.#random = random;
    this.#options = options;
    this.#end = end;
  }

  /** Messages that are under way. */
  get inFlight(): number {
    return this.#flight.length;
  }

  send(message: Wire): void {
    if (this.#isEnded) return;
    const length = typeof message === "string" ? Buffer.byteLength(message) : message.length;
    const size = length + (length < 126 ? 2 : 4);
    this.waiting += size;
    const own = typeof message === "string" ? message : message.slice();
    this.#waiting.push({ at: 0, message: own, size });
    this.#pump();
  }

  /** The sender closes: the receiver is told after all that was sent. */
  close(code: number, reason: string): void {
    if (this.#isEnded) return;
    this.#isEnded = true;
    this.#waiting.push({ at: 0, code, reason, size: 0 });
    this.#pump();
  }

  /** Nothing comes out before a time. */
  stall(until: number): void {
    this.#notBefore = Math.max(this.#notBefore, until);
  }

  /** The network is gone: some of what is under way still arrives, and after a while the news. */
  cut(kept: number, newsAfter: number): void {
    this.#isEnded = true;
    this.#waiting.length = 0;
    this.waiting = 0;
    this.#flight = this.#flight.slice(0, kept);
    const at = Math.max(this.#latest, this.#world.now + newsAfter);
    this.#flight.push({ at, code: 1006, reason: "", size: 0 });
    this.#schedule();
  }

  #pump(): void {
    while (this.#flying < this.#options.window) {
      const item = this.#waiting.shift();
      if (!item) break;
      this.waiting -= item.size;
      this.#flying += item.size;
      const { latency, jitter } = this.#options;
      const at = this.#world.now + latency + jitter * this.#random.next();
      this.#latest = Math.max(this.#latest, at);
      this.#flight.push({ ...item, at: this.#latest });
    }
    this.#schedule();
  }

  #schedule(): void {
    const [first] = this.#flight;
    if (this.#isScheduled || !first || this.#notBefore === Number.POSITIVE_INFINITY) return;
    this.#isScheduled = true;
    this.#world.at(Math.max(first.at, this.#notBefore), this.#end.process, () => this.#arrive());
  }

  #arrive(): void {
    this.#isScheduled = false;
    const [first] = this.#flight;
    if (first && first.at <= this.#world.now && this.#notBefore <= this.#world.now) {
      this.#flight.shift();
      this.#flying -= first.size;
      if ("message" in first) this.#end.message(first.message);
      else this.#end.closed(first.code, first.reason);
      this.#pump();
      this.onTaken();
    }
    this.#schedule();
  }
}
