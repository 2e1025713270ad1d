import type { FaultKind } from "./fault.js";
import type { Result } from "./run.js";

/** A result in one line, and what replays it where it failed. */
export function lineOf(kind: FaultKind, { seed, what, flowing, equal, problems }: Result): string {
  const seconds = (ms: number | undefined) => (ms === undefined ? "-" : (ms / 1000).toFixed(1));
  const times = `flowing after ${seconds(flowing)} s, equal after ${seconds(equal)} s`;
  const line = `seed ${seed}: ${what}: ${times}: `;
  if (problems.length === 0) return `${line}ok`;
  const replay = `npm run faults -- --fault ${kind} --seed ${seed} --runs 1`;
  return [`${line}FAILED; replay: ${replay}`, ...problems].join("\n  ");
}
