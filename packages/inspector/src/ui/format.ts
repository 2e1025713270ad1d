const whole = new Intl.NumberFormat("en-US");
const short = new Intl.NumberFormat("en-US", { maximumSignificantDigits: 3 });

/** `12,345`. */
export function countOf(count: number): string {
  return whole.format(count);
}

/** `1 frame`, `12,345 frames`. */
export function plural(count: number, one: string, many = `${one}s`): string {
  return `${whole.format(count)} ${count === 1 ? one : many}`;
}

/** `812 B`, `1.24 kB`, `31 MB`: decimal prefixes. */
export function bytesOf(bytes: number): string {
  if (bytes < 1000) return `${Math.round(bytes)} B`;
  if (bytes < 999_500) return `${short.format(bytes / 1000)} kB`;
  if (bytes < 999_500_000) return `${short.format(bytes / 1e6)} MB`;
  return `${short.format(bytes / 1e9)} GB`;
}

/** Milliseconds since a beginning: `4.031`, `1:04.031`, `2:01:04.031`. */
export function timeOf(ms: number): string {
  const total = Math.max(0, Math.round(ms));
  const seconds = ((total % 60_000) / 1000).toFixed(3);
  if (total < 60_000) return seconds;
  const minutes = Math.floor(total / 60_000);
  const tail = seconds.padStart(6, "0");
  if (minutes < 60) return `${minutes}:${tail}`;
  return `${Math.floor(minutes / 60)}:${String(minutes % 60).padStart(2, "0")}:${tail}`;
}

/** A moment, where it stands alone: `4.031 s`, `1:04.031`. */
export function momentOf(ms: number): string {
  return ms < 59_999.5 ? `${timeOf(ms)} s` : timeOf(ms);
}

/** A longer duration: `850 ms`, `7.31 s`, `48 min 14 s`, `2 h 1 min`. */
export function spanOf(ms: number): string {
  if (ms < 59_950) return durationOf(ms);
  const seconds = Math.round(ms / 1000);
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return `${minutes} min ${seconds % 60} s`;
  return `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}

/** A duration: `0.8 ms`, `42 ms`, `1.31 s`. */
export function durationOf(ms: number): string {
  if (ms < 10) return `${ms.toFixed(1)} ms`;
  if (ms < 999.5) return `${Math.round(ms)} ms`;
  return `${short.format(ms / 1000)} s`;
}
