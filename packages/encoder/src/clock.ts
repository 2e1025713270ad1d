/** Time, handed in: engines and writers have none of their own. */
export interface Clock {
  /** Milliseconds of a clock that never goes back. */
  now(): number;
  /** Runs something once, after `delay` ms; 0 is the end of the current turn. Returns a cancel. */
  after(delay: number, run: () => void): () => void;
  /**
   * Runs something once all that has arrived by now was handled, without a timer; absent where the
   * platform cannot tell.
   */
  turn?(run: () => void): void;
}
