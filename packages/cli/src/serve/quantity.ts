import { UsageError } from "../usage-error.js";
import type { Given } from "./given.js";

const TIMES: Readonly<Record<string, number>> = {
  ms: 1,
  s: 1000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
};

const SIZES: Readonly<Record<string, number>> = { k: 1 << 10, m: 1 << 20, g: 1 << 30 };

/** A whole number. @throws UsageError */
export function countOf({ value, from }: Given, least = 1, most: number = 2 ** 31): number {
  const count = Number(value);
  if (/^\d+$/.test(value) && count >= least && count <= most) return count;
  throw new UsageError(`${from} ${value}: give a whole number from ${least} to ${most}`);
}

/** Milliseconds, from seconds or with a unit: `90`, `1.5h`. @throws UsageError */
export function timeOf({ value, from }: Given): number {
  const [, number = "", unit = "s"] = /^(\d+(?:\.\d+)?)(ms|s|m|h|d)?$/.exec(value) ?? [];
  const time = Number(number) * (TIMES[unit] ?? Number.NaN);
  if (number !== "" && time > 0) return time;
  throw new UsageError(
    `${from} ${value}: give seconds, or a number with ms, s, m, h or d: 90, 15m`,
  );
}

/** Bytes, or with a unit of 1024 of them and so on: `65536`, `64k`. @throws UsageError */
export function sizeOf({ value, from }: Given): number {
  const [, number = "", unit] = /^(\d+)([kmg])?$/i.exec(value) ?? [];
  const size = Number(number) * (unit ? (SIZES[unit.toLowerCase()] ?? Number.NaN) : 1);
  if (number !== "" && size > 0) return size;
  throw new UsageError(`${from} ${value}: give bytes, or a number with k, m or g: 65536, 64m`);
}
