const round = (value: number): string =>
  value.toLocaleString("en", {
    maximumFractionDigits: value < 100 ? 1 : 0,
    minimumFractionDigits: value < 100 ? 1 : 0,
  });

/** Bytes for people: `812 B`, `15.6 kB`, `21.7 MB`; powers of 1,000. */
export function bytes(count: number): string {
  if (count < 1000) return `${Math.round(count)} B`;
  if (count < 999_950) return `${round(count / 1000)} kB`;
  if (count < 999_950_000) return `${round(count / 1e6)} MB`;
  return `${round(count / 1e9)} GB`;
}

/** How many times one is the other: `1.15×`, `12.3×`, `1,596×`. */
export function times(count: number, of: number): string {
  const ratio = count / Math.max(1, of);
  if (ratio < 10) return `${ratio.toFixed(2)}×`;
  return `${round(ratio)}×`;
}

/** A whole number with its separators: `2,936`. */
export function whole(count: number): string {
  return Math.round(count).toLocaleString("en");
}

/** One of a thing, or many: `1 frame`, `2 frames`. */
export function counted(count: number, noun: string): string {
  return `${whole(count)} ${noun}${count === 1 ? "" : "s"}`;
}

/** Milliseconds for people: `40 ms`, `1.4 s`, `2 min`. */
export function duration(milliseconds: number): string {
  if (milliseconds < 995) return `${Math.max(0, Math.round(milliseconds))} ms`;
  const seconds = milliseconds / 1000;
  if (seconds < 90) return `${seconds < 10 ? seconds.toFixed(1) : Math.round(seconds)} s`;
  return `${Math.round(seconds / 60)} min`;
}
