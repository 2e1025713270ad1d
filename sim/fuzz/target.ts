import type { Random } from "../random.js";

/** Something that takes what strangers send, and must bear it. */
export interface Target {
  readonly name: string;
  /** Attacks once. @throws whatever must not be */
  attack(random: Random): void | Promise<void>;
  /** Ends it. @throws where something is not as it was */
  close(): void | Promise<void>;
}

/** Milliseconds that one message may take. */
export const MOST_TIME = 2000;

/** Runs something that must not take long. */
export function inTime<T>(what: string, run: () => T): T {
  const start = performance.now();
  const result = run();
  const took = performance.now() - start;
  if (took > MOST_TIME) throw new Error(`${what} took ${Math.round(took)} ms`);
  return result;
}
