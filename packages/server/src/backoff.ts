/** Milliseconds before something is tried again: at first, and at most. */
export interface BackoffTimes {
  readonly first: number;
  readonly most: number;
}

/**
 * Milliseconds to wait before the next attempt: twice as many after each failure, and up to half of
 * that less, so that those who failed together do not come back together.
 *
 * @param failures in a row, at least 1
 * @param random from 0 to 1
 */
export function backoff(failures: number, { first, most }: BackoffTimes, random: number): number {
  return Math.min(most, first * 2 ** (failures - 1)) * (1 - random / 2);
}
