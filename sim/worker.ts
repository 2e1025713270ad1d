// Runs seeds for a pool, in a process of its own.
import { type RunOptions, simulate } from "./run.js";

/** What a pool asks a worker for: seeds from one to below another. */
export interface Job {
  readonly from: number;
  readonly end: number;
  readonly faults: RunOptions["faults"];
  /** Go no further than the first seed that fails. */
  readonly stops: boolean;
}

/** What a worker answers. */
export interface Report {
  readonly failures: readonly Failure[];
  readonly coverage: readonly (readonly [string, readonly (readonly [string, number])[]])[];
  readonly steps: number;
  readonly seeds: number;
}

export interface Failure {
  readonly seed: number;
  readonly invariant: number;
  readonly message: string;
}

async function work({ from, end, faults, stops }: Job): Promise<Report> {
  const failures: Failure[] = [];
  const coverage = new Map<string, Map<string, number>>();
  let steps = 0;
  let seed = from;
  for (; seed < end && !(stops && failures.length > 0); seed++) {
    const outcome = await simulate(seed, { faults });
    steps += outcome.steps;
    const { violation } = outcome;
    if (violation) {
      const { invariant, message } = violation;
      failures.push({ seed, invariant, message });
    }
    for (const [fault, states] of outcome.coverage.counts) {
      const sum = coverage.get(fault) ?? new Map<string, number>();
      for (const [state, count] of states) sum.set(state, (sum.get(state) ?? 0) + count);
      coverage.set(fault, sum);
    }
  }
  const counts = [...coverage].map(([fault, states]) => [fault, [...states]] as const);
  return { failures, coverage: counts, steps, seeds: seed - from };
}

process.on("message", (job: Job) => {
  work(job).then(
    (report) => process.send?.(report),
    (error: unknown) => {
      const message = error instanceof Error ? (error.stack ?? error.message) : String(error);
      const failures = [{ seed: job.from, invariant: 10, message }];
      process.send?.({ failures, coverage: [], steps: 0, seeds: 0 });
    },
  );
});
