import { DeltawireError } from "@deltawire/spec";

/** Milliseconds of a throttle window where none is given. */
export const DEFAULT_THROTTLE = 100;

/** Longest window: as long as timers can wait. */
const MAX_THROTTLE = 2 ** 31 - 1;

/** The time after a frame in which no other one is due. */
export class ThrottleWindow {
  readonly #throttle: number;
  #start = Number.NEGATIVE_INFINITY;
  /** When it ends: milliseconds. */
  end: number = Number.NEGATIVE_INFINITY;

  /** @throws DeltawireError `malformed` where the throttle is no number of milliseconds */
  constructor(throttle: number, channel: string) {
    if (!(throttle >= 0 && throttle <= MAX_THROTTLE)) {
      const what = `a throttle is a number of milliseconds from 0 to ${MAX_THROTTLE}`;
      throw new DeltawireError("malformed", what, { channel });
    }
    this.#throttle = throttle;
  }

  begin(now: number): void {
    this.#start = now;
    this.end = now + this.#throttle;
  }

  /** Ends so many milliseconds after its beginning, if not earlier. */
  hasten(milliseconds: number): void {
    this.end = Math.min(this.end, this.#start + milliseconds);
  }

  /** Something is due at once. */
  clear(): void {
    this.#start = Number.NEGATIVE_INFINITY;
    this.end = this.#start;
  }
}
