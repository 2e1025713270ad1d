const grouped = new Intl.NumberFormat("en", { maximumFractionDigits: 0 });

/** Three digits or so: 0.0042, 1.17, 53.2, 5,280. */
export function ratio(value: number): string {
  if (!Number.isFinite(value)) return "–";
  if (Math.abs(value) >= 99.95) return grouped.format(value);
  if (Math.abs(value) >= 9.995) return value.toFixed(1);
  return Math.abs(value) >= 0.0995 || value === 0 ? value.toFixed(2) : value.toPrecision(2);
}

/** A whole number. */
export const count = (value: number): string => grouped.format(value);

/** A number in the unit that leaves one to three digits before its point. */
function scaled(value: number, step: number, units: readonly string[]): string {
  let scale = value;
  let unit = 0;
  for (; Math.abs(scale) >= 0.9995 * step && unit < units.length - 1; unit++) scale /= step;
  const digits = unit === 0 || Math.abs(scale) >= 99.95 ? 0 : Math.abs(scale) >= 9.995 ? 1 : 2;
  return `${grouped.format(scale) === "-0" ? "0" : scale.toFixed(digits)} ${units[unit]}`;
}

/** Bytes, in steps of a thousand. */
export const bytes = (value: number): string => scaled(value, 1000, ["B", "kB", "MB", "GB"]);

/** A round number of bytes or characters. */
export const size = (value: number): string => bytes(value).replace(/\.0+ /, " ");

/** Nanoseconds. */
export const time = (value: number): string => scaled(value, 1000, ["ns", "µs", "ms", "s"]);

/** By how much a value is past its bound, or inside it. */
export const percent = (share: number): string => `${ratio(100 * Math.abs(share))} %`;
