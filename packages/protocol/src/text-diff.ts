import type { Splice } from "@deltawire/spec";
import { type Match, matches } from "./myers.js";

/** Edits closer than this many units go out as one splice: a second one costs about as much. */
const MIN_GAP = 8;
/** Edits and comparisons spent on the search for separate edits before one splice must do. */
const MAX_EDITS = 256;
const MAX_STEPS = 1 << 20;
/** Longest stretch searched unit by unit; a longer one is searched line by line first. */
const MAX_UNITS = 4096;

/** Units `a` to `aEnd` of the one text become units `b` to `bEnd` of the other. */
interface Hunk {
  readonly a: number;
  readonly aEnd: number;
  readonly b: number;
  readonly bEnd: number;
}

/** Length of the common prefix, at the speed of the engine's own string comparison. */
function commonPrefix(a: string, b: string): number {
  const length = Math.min(a.length, b.length);
  if (a.slice(0, length) === b.slice(0, length)) return length;
  let low = 0;
  for (let high = length; high - low > 16; ) {
    const middle = (low + high) >>> 1;
    if (a.slice(low, middle) === b.slice(low, middle)) low = middle;
    else high = middle;
  }
  while (a.charCodeAt(low) === b.charCodeAt(low)) low += 1;
  return low;
}

/** Length of the common suffix, at most `limit`. */
function commonSuffix(a: string, b: string, limit: number): number {
  const equal = (from: number, to: number) =>
    a.slice(a.length - to, a.length - from) === b.slice(b.length - to, b.length - from);
  if (equal(0, limit)) return limit;
  let low = 0;
  for (let high = limit; high - low > 16; ) {
    const middle = (low + high) >>> 1;
    if (equal(low, middle)) low = middle;
    else high = middle;
  }
  while (low < limit && equal(low, low + 1)) low += 1;
  return low;
}

/**
 * Splices that turn one well-formed text into the other. An append is found by one comparison
 * of the old text with the start of the new one; several separate edits are several splices.
 */
export function diffText(previous: string, next: string): Splice[] {
  if (next.length >= previous.length && next.slice(0, previous.length) === previous) {
    const text = next.slice(previous.length);
    return text === "" ? [] : [{ changed_offset: previous.length, removed: 0, text }];
  }
  const prefix = commonPrefix(previous, next);
  const limit = Math.min(previous.length, next.length) - prefix;
  const suffix = commonSuffix(previous, next, limit);
  const whole = {
    a: prefix,
    aEnd: previous.length - suffix,
    b: prefix,
    bEnd: next.length - suffix,
  };
  return merge(previous, next, refine(previous, next, whole));
}

function refine(previous: string, next: string, hunk: Hunk): Hunk[] {
  const { a, aEnd, b, bEnd } = hunk;
  if (a === aEnd || b === bEnd) return [hunk];
  if (aEnd - a <= MAX_UNITS && bEnd - b <= MAX_UNITS) {
    const equal = (i: number, j: number) => previous.charCodeAt(a + i) === next.charCodeAt(b + j);
    const found = matches(aEnd - a, bEnd - b, equal, MAX_EDITS, MAX_STEPS);
    const long = found?.filter(({ length }) => length >= MIN_GAP);
    return found ? between(hunk, long ?? []) : [hunk];
  }
  return byLines(previous, next, hunk);
}

function byLines(previous: string, next: string, hunk: Hunk): Hunk[] {
  const before = lines(previous, hunk.a, hunk.aEnd);
  const after = lines(next, hunk.b, hunk.bEnd);
  if (before.length < 3 || after.length < 3) return [hunk];
  const names = new Map<string, number>();
  const name = (text: string): number => {
    const known = names.get(text) ?? names.size;
    names.set(text, known);
    return known;
  };
  const a = before.slice(1).map((end, i) => name(previous.slice(before[i], end)));
  const b = after.slice(1).map((end, i) => name(next.slice(after[i], end)));
  const found = matches(a.length, b.length, (i, j) => a[i] === b[j], MAX_EDITS, MAX_STEPS);
  if (!found) return [hunk];
  const units = found.map((match) => {
    const start = before[match.a] as number; // a match is inside both lists
    const length = (before[match.a + match.length] as number) - start;
    return { a: start - hunk.a, b: (after[match.b] as number) - hunk.b, length };
  });
  return between(hunk, units).flatMap((part) => {
    const shorter = part.aEnd - part.a < hunk.aEnd - hunk.a;
    return shorter ? trim(previous, next, part) : [part];
  });
}

/** Where lines begin, and where the last one ends. */
function lines(text: string, start: number, end: number): number[] {
  const starts = [start];
  for (
    let at = text.indexOf("\n", start);
    at >= 0 && at < end - 1;
    at = text.indexOf("\n", at + 1)
  ) {
    starts.push(at + 1);
  }
  starts.push(end);
  return starts;
}

function trim(previous: string, next: string, hunk: Hunk): Hunk[] {
  const a = previous.slice(hunk.a, hunk.aEnd);
  const b = next.slice(hunk.b, hunk.bEnd);
  const prefix = commonPrefix(a, b);
  const suffix = commonSuffix(a, b, Math.min(a.length, b.length) - prefix);
  const trimmed = {
    a: hunk.a + prefix,
    aEnd: hunk.aEnd - suffix,
    b: hunk.b + prefix,
    bEnd: hunk.bEnd - suffix,
  };
  const small = trimmed.aEnd - trimmed.a <= MAX_UNITS && trimmed.bEnd - trimmed.b <= MAX_UNITS;
  return small ? refine(previous, next, trimmed) : [trimmed];
}

/** What lies between equal runs, which are relative to the hunk. */
function between(hunk: Hunk, found: readonly Match[]): Hunk[] {
  const hunks: Hunk[] = [];
  let { a, b } = hunk;
  for (const match of found) {
    const aEnd = hunk.a + match.a;
    const bEnd = hunk.b + match.b;
    if (aEnd > a || bEnd > b) hunks.push({ a, aEnd, b, bEnd });
    a = aEnd + match.length;
    b = bEnd + match.length;
  }
  if (a < hunk.aEnd || b < hunk.bEnd) hunks.push({ a, aEnd: hunk.aEnd, b, bEnd: hunk.bEnd });
  return hunks;
}

const isLow = (unit: number): boolean => unit >= 0xdc00 && unit <= 0xdfff;

/** Moves ends out of surrogate pairs, joins what is close, and makes splices of it. */
function merge(previous: string, next: string, hunks: readonly Hunk[]): Splice[] {
  const merged: Hunk[] = [];
  for (const hunk of hunks) {
    const low = isLow(previous.charCodeAt(hunk.a)) || isLow(next.charCodeAt(hunk.b)) ? 1 : 0;
    const lowEnd = isLow(previous.charCodeAt(hunk.aEnd)) || isLow(next.charCodeAt(hunk.bEnd));
    const high = lowEnd ? 1 : 0;
    const wide = {
      a: hunk.a - low,
      aEnd: hunk.aEnd + high,
      b: hunk.b - low,
      bEnd: hunk.bEnd + high,
    };
    const last = merged.at(-1);
    if (last && wide.a - last.aEnd < MIN_GAP) {
      merged[merged.length - 1] = { ...last, aEnd: wide.aEnd, bEnd: wide.bEnd };
    } else merged.push(wide);
  }
  return merged.map(({ a, aEnd, b, bEnd }) => ({
    changed_offset: a,
    removed: aEnd - a,
    text: next.slice(b, bEnd),
  }));
}
