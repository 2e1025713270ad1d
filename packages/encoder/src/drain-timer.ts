import type { Clock } from "./clock.js";

/** When a writer sends what is due: by the clock, or at the end of the present turn. */
export class DrainTimer {
  readonly #clock: Clock;
  readonly #isByTurn: boolean;
  readonly #drain: () => void;
  #cancel: (() => void) | undefined;
  #at = 0;
  /** Whether a frame went out in this turn of the event loop: what follows in it is the next one. */
  #isInTurn = false;
  #wanted: number | undefined;

  /** @param throttle milliseconds between two frames; with 0 there is no timer between them */
  constructor(clock: Clock, throttle: number | undefined, drain: () => void) {
    this.#clock = clock;
    this.#isByTurn = throttle === 0 && clock.turn !== undefined;
    this.#drain = drain;
  }

  /** Something is due at a time, or nothing is; at negative infinity it cannot wait. */
  set(dueAt: number | undefined): void {
    this.#wanted = dueAt;
    if (this.#cancel && dueAt === this.#at) return;
    this.stop();
    if (dueAt === undefined) return;
    if (this.#isInTurn && dueAt !== Number.NEGATIVE_INFINITY) return;
    this.#at = dueAt;
    const delay = Math.max(0, dueAt - this.#clock.now());
    this.#cancel = this.#clock.after(delay, () => {
      this.#cancel = undefined;
      this.#drain();
    });
  }

  /** Everything that is due has gone out, if it was anything. */
  drained(isSent: boolean): void {
    if (!isSent || !this.#isByTurn || this.#isInTurn) return;
    this.#isInTurn = true;
    this.#clock.turn?.(() => {
      this.#isInTurn = false;
      if (this.#wanted !== undefined) this.#drain();
    });
  }

  stop(): void {
    this.#cancel?.();
    this.#cancel = undefined;
  }
}
