/** A stretch of a text that another takes the place of; UTF-16 units of the text before. */
export interface Change {
  readonly offset: number;
  readonly removed: number;
  readonly text: string;
}

/** Units by which a stretch that both texts have is found. */
const PROBE = 32;
/** A shorter one is likely to be some other place that reads alike, and is part of a change. */
const MIN_STRETCH = 256;
/** Stretches that are looked for: what differs after them is one change. */
const MAX_STRETCHES = 16;

/**
 * What turns one text into the other: one change where it was edited in one place, and mostly one
 * for each place where there are several. Reads both, at the speed at which the engine compares
 * memory, not unit by unit.
 */
export function changesBetween(before: string, after: string): Change[] {
  const head = commonPrefix(before, after);
  const tail = commonSuffix(before.slice(head), after.slice(head));
  const old = before.slice(head, before.length - tail);
  const changes = [];
  const next = after.slice(head, after.length - tail);
  let from = 0;
  let to = 0;
  for (let i = 0; i < MAX_STRETCHES; i++) {
    const found = stretch(old.slice(from), next.slice(to));
    if (!found) break;
    const text = next.slice(to, to + found.b);
    changes.push({ offset: head + from, removed: found.a, text });
    from += found.a + found.length;
    to += found.b + found.length;
  }
  const rest = { offset: head + from, removed: old.length - from, text: next.slice(to) };
  return [...changes, rest].filter(({ removed, text }) => removed > 0 || text !== "");
}

/** A stretch that begins at `a` in the one and at `b` in the other text. */
function stretch(
  one: string,
  other: string,
): { readonly a: number; readonly b: number; readonly length: number } | undefined {
  for (let at = 0; at + PROBE <= one.length; at = Math.max(PROBE, 2 * at)) {
    const found = other.indexOf(one.slice(at, at + PROBE));
    if (found < 0) continue;
    const back = commonSuffix(one.slice(0, at), other.slice(0, found));
    const length = back + commonPrefix(one.slice(at), other.slice(found));
    if (length >= MIN_STRETCH) return { a: at - back, b: found - back, length };
  }
  return undefined;
}

function commonPrefix(one: string, other: string): number {
  return longest(one, other, (from, to) => one.slice(from, to) === other.slice(from, to));
}

function commonSuffix(one: string, other: string): number {
  const end = (text: string, from: number, to: number) =>
    text.slice(text.length - to, text.length - from);
  return longest(one, other, (from, to) => end(one, from, to) === end(other, from, to));
}

/** The greatest length below which all is equal. */
function longest(
  one: string,
  other: string,
  isEqual: (from: number, to: number) => boolean,
): number {
  const most = Math.min(one.length, other.length);
  if (isEqual(0, most)) return most;
  let low = 0;
  for (let high = most; high - low > 1; ) {
    const middle = (low + high) >>> 1;
    if (isEqual(low, middle)) low = middle;
    else high = middle;
  }
  return low;
}
