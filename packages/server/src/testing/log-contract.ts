import type { ContractCase } from "./contract-case.js";
import { appendCases } from "./log-contract-append.js";
import { compactCases } from "./log-contract-compact.js";
import { contentCases } from "./log-contract-content.js";
import { followCases } from "./log-contract-follow.js";
import { leaseCases } from "./log-contract-lease.js";
import type { LogSubject } from "./log-subject.js";

/** What {@link logContract} is made with. */
export interface LogContract {
  /** Declares a test: that of vitest, of `node:test`, of Jest. */
  readonly test: (name: string, run: () => Promise<void>) => unknown;
  /** Makes a log for one test. */
  readonly make: () => Promise<LogSubject>;
}

/** Everything that is asked of a log, each thing in a test of its own. */
const CASES: readonly ContractCase<LogSubject>[] = [
  ...appendCases,
  ...compactCases,
  ...contentCases,
  ...followCases,
  ...leaseCases,
];

/**
 * Declares the tests of what a log promises. They wait for news and for leases of real time
 * up to ten seconds, and need about as much time as the log does for 3,000 calls.
 */
export function logContract({ test, make }: LogContract): void {
  for (const { name, run } of CASES) {
    test(`log: ${name}`, async () => {
      const subject = await make();
      try {
        await run(subject);
      } finally {
        await subject.close();
      }
    });
  }
}
