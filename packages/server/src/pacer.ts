import type { Subscription } from "./subscription.js";

/** What a {@link Pacer} looks at, and tells. */
export interface Pace {
  /** Whether there is enough to read for now. */
  readonly isCongested: boolean;
  /** A subscription could not go on. */
  fail(subscription: Subscription, error: unknown): void;
}

/** Subscriptions of one connection that have something to send: each in turn, as it reads. */
export class Pacer {
  readonly #pace: Pace;
  /** There only while somebody waits: most connections have nothing to wait for. */
  #waiting: Set<Subscription> | undefined;
  #isRunning = false;

  constructor(pace: Pace) {
    this.#pace = pace;
  }

  add(subscription: Subscription): void {
    this.#waiting ??= new Set();
    this.#waiting.add(subscription);
    this.run();
  }

  delete(subscription: Subscription): void {
    this.#waiting?.delete(subscription);
  }

  /** Sends until there is enough to read, or nothing left to send. */
  run(): void {
    const waiting = this.#waiting;
    if (!waiting || this.#isRunning) return; // what is sent may be answered at once, in this process
    this.#isRunning = true;
    try {
      for (const next of waiting) {
        if (this.#pace.isCongested) break;
        waiting.delete(next); // to the end, if it has more
        if (this.#step(next)) waiting.add(next);
      }
    } finally {
      this.#isRunning = false;
      if (waiting.size === 0) this.#waiting = undefined;
    }
  }

  #step(subscription: Subscription): boolean {
    try {
      return subscription.step();
    } catch (error) {
      this.#pace.fail(subscription, error);
      return false;
    }
  }
}
