import type { ContractCase } from "./contract-case.js";
import { conflictCases } from "./store-contract-conflict.js";
import { contentCases } from "./store-contract-content.js";
import { pageCases } from "./store-contract-page.js";
import { saveCases } from "./store-contract-save.js";
import type { StoreSubject } from "./store-subject.js";

/** What {@link storeContract} is made with. */
export interface StoreContract {
  /** Declares a test: that of vitest, of `node:test`, of Jest. */
  readonly test: (name: string, run: () => Promise<void>) => unknown;
  /** Makes a store for one test. */
  readonly make: () => Promise<StoreSubject>;
}

/** Everything that is asked of a store, each thing in a test of its own. */
const CASES: readonly ContractCase<StoreSubject>[] = [
  ...saveCases,
  ...conflictCases,
  ...contentCases,
  ...pageCases,
];

/** Declares the tests of what a store promises. */
export function storeContract({ test, make }: StoreContract): void {
  for (const { name, run } of CASES) {
    test(`store: ${name}`, async () => {
      const subject = await make();
      try {
        await run(subject);
      } finally {
        await subject.close();
      }
    });
  }
}
