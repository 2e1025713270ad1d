import type { Clock } from "@deltawire/encoder";
import { DeltawireError } from "@deltawire/spec";

/** Milliseconds between two attempts: at first, and at most. */
const FIRST = 50;
const MOST = 2000;

/** Asks again until there is an answer, or it is closed. */
export class Retries {
  readonly #clock: Clock;
  readonly #reached: (error: unknown) => void;
  #isClosed = false;
  #wake: (() => void) | undefined;

  /** @param reached takes note of each failure, and of the success (undefined) after one */
  constructor(clock: Clock, reached: (error: unknown) => void) {
    this.#clock = clock;
    this.#reached = reached;
  }

  /** @throws DeltawireError `going_away`, by rejection, once it is closed */
  async run<T>(ask: () => Promise<T>): Promise<T> {
    for (let wait = FIRST; ; wait = Math.min(2 * wait, MOST)) {
      this.#requireOpen();
      try {
        const answer = await ask();
        if (wait > FIRST) this.#reached(undefined);
        return answer;
      } catch (error) {
        this.#reached(error);
      }
      await this.#pause(wait);
    }
  }

  #requireOpen(): void {
    if (this.#isClosed) throw new DeltawireError("going_away", "the server has given it up");
  }

  #pause(wait: number): Promise<void> {
    return new Promise((resolve) => {
      const cancel = this.#clock.after(wait, resolve);
      this.#wake = () => {
        cancel();
        resolve();
      };
    });
  }

  close(): void {
    this.#isClosed = true;
    this.#wake?.();
  }
}
