import type { Network } from "../page/report.js";
import type { Direction } from "./direction.js";
import { type Clock, systemClock } from "./pace.js";

/** Bytes a second each way while the network is slow. */
const SLOW = 2000;

/** Milliseconds between two pieces that pass slowly. */
const SLICE = 100;

/** Bytes of one piece. */
const PIECE: number = (SLOW * SLICE) / 1000;

/**
 * What the network does to the connections of one proxy, which share what passes slowly. It can be
 * told something else at any time.
 */
export class Faults {
  readonly #clock: Clock;
  readonly #listeners = new Set<() => void>();
  #network: Network = "live";
  readonly #allowed: Record<Direction, number> = { up: PIECE, down: PIECE };
  #refilledAt = 0;
  #isAwaited = false;

  constructor(clock: Clock = systemClock) {
    this.#clock = clock;
    this.#refilledAt = clock.now();
  }

  get network(): Network {
    return this.#network;
  }

  set(network: Network): void {
    if (network === this.#network) return;
    this.#network = network;
    this.#tell();
  }

  /** Calls back whenever more, or less, may pass than before. Returns what stops it. */
  onChange(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Whether anything may be read for this direction: what is not read, its sender keeps. */
  mayRead(direction: Direction): boolean {
    return this.#network !== "stalled" || direction === "up";
  }

  /** Takes leave to pass: how many of the bytes that wait may do so now. */
  take(direction: Direction, waiting: number): number {
    if (!this.mayRead(direction)) return 0;
    if (this.#network !== "slow") return waiting;
    this.#refill();
    const taken = Math.min(waiting, Math.floor(this.#allowed[direction]));
    this.#allowed[direction] -= taken;
    if (taken < waiting) this.#tellLater();
    return taken;
  }

  #refill(): void {
    const now = this.#clock.now();
    const more = ((now - this.#refilledAt) * SLOW) / 1000;
    this.#refilledAt = now;
    for (const direction of ["up", "down"] as const) {
      this.#allowed[direction] = Math.min(PIECE, this.#allowed[direction] + more);
    }
  }

  #tellLater(): void {
    if (this.#isAwaited) return;
    this.#isAwaited = true;
    void this.#clock.sleep(SLICE).then(() => {
      this.#isAwaited = false;
      this.#tell();
    });
  }

  #tell(): void {
    for (const listener of [...this.#listeners]) listener();
  }
}
