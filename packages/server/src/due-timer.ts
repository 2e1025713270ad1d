import type { Clock } from "@deltawire/encoder";

/** One timer for whatever is due next, by the clock of a channel. */
export class DueTimer {
  readonly #clock: Clock;
  readonly #now: () => number;
  readonly #run: () => void;
  #dueAt: number | undefined;
  #cancel: (() => void) | undefined;

  /**
   * @param clock runs it
   * @param now milliseconds of the clock that it is due by
   */
  constructor(clock: Clock, now: () => number, run: () => void) {
    this.#clock = clock;
    this.#now = now;
    this.#run = run;
  }

  /** Something is due at a time, or nothing is. */
  set(dueAt: number | undefined): void {
    if (dueAt === this.#dueAt) return;
    this.stop();
    if (dueAt === undefined) return;
    this.#dueAt = dueAt;
    this.#cancel = this.#clock.after(Math.max(1, dueAt - this.#now()), () => {
      this.#dueAt = undefined;
      this.#run();
    });
  }

  stop(): void {
    this.#cancel?.();
    this.#cancel = undefined;
    this.#dueAt = undefined;
  }
}
