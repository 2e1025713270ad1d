// Times as the proleptic Gregorian calendar of ISO 8601 has them, which JSON states as text. What is
// not exactly in one of the two forms below has no number here, so that text comes back as it was.

/** Seconds of a day. */
const DAY = 86_400;

/** A moment that a text states in one of two forms. */
export interface Timestamp {
  /** Since 1970-01-01T00:00:00Z. */
  readonly seconds: number;
  /** 0 to 999, where the text has exactly three digits of a fraction; undefined where it has none. */
  readonly milliseconds: number | undefined;
}

/** The seconds behind which there is no number: 32 bits without a fraction, else 34. */
const LIMIT = { whole: 2 ** 32, fraction: 2 ** 34 } as const;

const isLeap = (year: number): boolean => year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0);

const DAYS = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];

const daysIn = (year: number, month: number): number =>
  month === 2 && isLeap(year) ? 29 : (DAYS[month - 1] ?? 0);

/** Days from 1970-01-01 to a date; years begin in March, so that a leap day is the last one. */
function daysTo(year: number, month: number, day: number): number {
  const shifted = month > 2 ? year : year - 1;
  const sinceMarch = Math.floor((153 * ((month + 9) % 12) + 2) / 5);
  const leaps = Math.floor(shifted / 4) - Math.floor(shifted / 100) + Math.floor(shifted / 400);
  return 365 * shifted + leaps + sinceMarch + day - 719_469;
}

/** The number of so many decimal digits in a text; NaN where there are others. */
function digits(text: string, at: number, count: number): number {
  let value = 0;
  for (let i = at; i < at + count; i++) {
    const digit = text.charCodeAt(i) - 48;
    if (!(digit >= 0 && digit <= 9)) return Number.NaN;
    value = value * 10 + digit;
  }
  return value;
}

/** `YYYY-MM-DDTHH:MM:SSZ`, or with `.` and three digits before the Z; undefined for anything else. */
export function parseTimestamp(text: string): Timestamp | undefined {
  const { length } = text;
  if ((length !== 20 && length !== 24) || text[10] !== "T" || text[length - 1] !== "Z") {
    return undefined;
  }
  if (text[4] !== "-" || text[7] !== "-" || text[13] !== ":" || text[16] !== ":") return undefined;
  const [year, month, day] = [digits(text, 0, 4), digits(text, 5, 2), digits(text, 8, 2)];
  const [hour, minute, second] = [digits(text, 11, 2), digits(text, 14, 2), digits(text, 17, 2)];
  // Written so that NaN is refused too.
  if (!(year >= 1970 && day >= 1 && day <= daysIn(year, month))) return undefined;
  if (!(hour < 24 && minute < 60 && second < 60)) return undefined;
  const seconds = daysTo(year, month, day) * DAY + hour * 3600 + minute * 60 + second;
  if (length === 20) {
    return seconds < LIMIT.whole ? { seconds, milliseconds: undefined } : undefined;
  }
  const milliseconds = digits(text, 20, 3);
  if (text[19] !== "." || !(milliseconds >= 0)) return undefined;
  return seconds < LIMIT.fraction ? { seconds, milliseconds } : undefined;
}

const padded = (value: number, length = 2): string => String(value).padStart(length, "0");

/** The text that states a moment: the reverse of {@link parseTimestamp}. */
export function timestampText({ seconds, milliseconds }: Timestamp): string {
  const days = Math.floor(seconds / DAY);
  const rest = seconds - days * DAY;
  const [year, month, day] = dateOf(days);
  const time = [Math.floor(rest / 3600), Math.floor(rest / 60) % 60, rest % 60];
  const fraction = milliseconds === undefined ? "" : `.${padded(milliseconds, 3)}`;
  const date = `${padded(year, 4)}-${padded(month)}-${padded(day)}`;
  return `${date}T${time.map((value) => padded(value)).join(":")}${fraction}Z`;
}

/** The date that is so many days after 1970-01-01. */
function dateOf(days: number): readonly [year: number, month: number, day: number] {
  // Never too late, and too early by a year or two: there are few leap years to make up for.
  let year = 1970 + Math.floor(days / 366);
  while (daysTo(year + 1, 1, 1) <= days) year += 1;
  let month = 1;
  let day = days - daysTo(year, 1, 1) + 1;
  for (; day > daysIn(year, month); month += 1) day -= daysIn(year, month);
  return [year, month, day];
}
