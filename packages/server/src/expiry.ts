import type { Clock } from "@deltawire/encoder";

/** The longest time that a timer of this platform can wait: it counts in 32 bits. */
const LONGEST = 2 ** 31 - 1;

/** Runs something once, after however long: timers of months would otherwise run at once. */
export function afterLong(clock: Clock, delay: number, run: () => void): () => void {
  const until = clock.now() + delay;
  let cancel: () => void;
  const wait = (): void => {
    const left = until - clock.now();
    cancel = clock.after(Math.min(Math.max(left, 1), LONGEST), left > LONGEST ? wait : run);
  };
  wait();
  return () => cancel();
}
