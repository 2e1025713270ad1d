import type { Named, TargetRow } from "../results.js";

/** A row whose value shall not exceed the target. */
export const atMost = (
  what: string,
  value: number,
  unit: string,
  target: number,
  details: Named<number>,
): TargetRow => ({ what, value, unit, target, holds: value <= target, details });

/** A row whose value shall reach the target. */
export const atLeast = (
  what: string,
  value: number,
  unit: string,
  target: number,
  details: Named<number>,
): TargetRow => ({
  what,
  value,
  unit,
  target,
  isAtLeast: true,
  holds: value >= target,
  details,
});
