/** What turns one text into another; UTF-16 units. */
export interface Change {
  readonly offset: number;
  readonly removed: number;
  readonly text: string;
}

/**
 * The one stretch in which two texts differ. Reads both, at the speed at which the engine compares
 * memory: equal stretches are not looked at unit by unit.
 */
export function changedRange(before: string, after: string): Change {
  const shorter = Math.min(before.length, after.length);
  const offset = longest(shorter, (from, to) => before.slice(from, to) === after.slice(from, to));
  const equalEnds = (from: number, to: number) =>
    before.slice(before.length - to, before.length - from) ===
    after.slice(after.length - to, after.length - from);
  const end = longest(shorter - offset, equalEnds);
  return {
    offset,
    removed: before.length - end - offset,
    text: after.slice(offset, after.length - end),
  };
}

/** The greatest length up to `most` below which all is equal. */
function longest(most: number, isEqual: (from: number, to: number) => boolean): number {
  if (isEqual(0, most)) return most;
  let low = 0;
  for (let high = most; high - low > 1; ) {
    const middle = (low + high) >>> 1;
    if (isEqual(low, middle)) low = middle;
    else high = middle;
  }
  return low;
}
