import { parseArgs } from "node:util";
import { Coverage } from "./coverage.js";
import type { Fault } from "./scenario.js";
import { simulate } from "./run.js";

const { values } = parseArgs({
  options: {
    seeds: { type: "string", default: "1000" },
    from: { type: "string", default: "1" },
    seed: { type: "string" },
    faults: { type: "string" },
  },
});

const faults = values.faults?.split(",") as Fault[] | undefined;
if (values.seed !== undefined) {
  const { violation, trace } = await simulate(Number(values.seed), { isTraced: true, faults });
  console.log(trace?.join("\n"));
  console.log(violation ? violation.message : "every invariant holds");
  process.exitCode = violation ? 1 : 0;
} else {
  const coverage = new Coverage();
  let failed = 0;
  const from = Number(values.from);
  const start = performance.now();
  let steps = 0;
  for (let seed = from; seed < from + Number(values.seeds); seed++) {
    const outcome = await simulate(seed, { faults });
    coverage.add(outcome.coverage.data);
    steps += outcome.steps;
    if (!outcome.violation) continue;
    failed += 1;
    console.log(`seed ${seed}: ${outcome.violation.message.slice(0, 300)}`);
  }
  console.log(coverage.toString());
  console.log(`${failed} of ${values.seeds} seeds failed, ${steps} steps, ${((performance.now() - start) / Number(values.seeds)).toFixed(1)} ms a seed`);
  process.exitCode = failed > 0 ? 1 : 0;
}
