import { Coverage } from "./coverage.js";
import { Simulator } from "./pool.js";
import type { RunOptions } from "./run.js";
import type { Failure, Report } from "./worker.js";

/** Seeds that a simulator is given at a time. */
const CHUNK = 25;

/** Which seeds to run. */
export interface SeedOptions {
  readonly from: number;
  readonly seeds: number;
  /** Processes. */
  readonly jobs: number;
  readonly faults?: RunOptions["faults"];
  readonly onFailure?: (failure: Failure) => void;
}

/** What came of many seeds. */
export interface Summary {
  readonly failures: readonly Failure[];
  readonly coverage: Coverage;
  readonly steps: number;
}

/** Runs many seeds, in several processes. */
export async function runSeeds(options: SeedOptions): Promise<Summary> {
  const { from, seeds, jobs, faults, onFailure } = options;
  const failures: Failure[] = [];
  const coverage = new Coverage();
  let steps = 0;
  let next = from;
  const take = ({ failures: found, coverage: met, steps: made }: Report) => {
    for (const failure of found) onFailure?.(failure);
    failures.push(...found);
    coverage.add(met);
    steps += made;
  };
  const work = async () => {
    const simulator = new Simulator();
    try {
      while (next < from + seeds) {
        const first = next;
        next = Math.min(first + CHUNK, from + seeds);
        const report = await simulator.run({ from: first, end: next, faults, stops: false });
        if (!report) throw new Error(`one of the seeds ${first} to ${next - 1} hangs`);
        take(report);
      }
    } finally {
      simulator.stop();
    }
  };
  await Promise.all(Array.from({ length: jobs }, work));
  return { failures, coverage, steps };
}
