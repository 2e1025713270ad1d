/** Milliseconds over which clients are told to come back after a server closes, at the least. */
const LEAST = 5000;

/** How many of them are told to come back in a second, where they are many. */
const PER_SECOND = 200;

/**
 * Milliseconds over which so many clients are told to come back: as many as one process takes, with
 * what each has missed, while it serves those that are back already.
 */
export function retrySpread(clients: number): number {
  return Math.max(LEAST, (clients / PER_SECOND) * 1000);
}
