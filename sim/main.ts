import { availableParallelism } from "node:os";
import { parseArgs } from "node:util";
import { runMutants } from "./mutation.js";
import { simulate } from "./run.js";
import { FAULTS, type Fault } from "./scenario.js";
import { runSeeds } from "./seeds.js";

const { values } = parseArgs({
  options: {
    seeds: { type: "string", default: "1000" },
    from: { type: "string", default: "1" },
    seed: { type: "string" },
    faults: { type: "string" },
    jobs: { type: "string", default: String(availableParallelism()) },
    mutants: { type: "boolean", default: false },
    only: { type: "string" },
  },
});

const faults = values.faults
  ?.split(",")
  .filter((name): name is Fault => (FAULTS as readonly string[]).includes(name));

if (values.mutants) process.exitCode = await mutants();
else process.exitCode = await (values.seed === undefined ? many() : one(Number(values.seed)));

/** Replays a seed, with everything that happens in it. */
async function one(seed: number): Promise<number> {
  const { violation, trace = [], steps } = await simulate(seed, { isTraced: true, faults });
  for (const line of trace) console.log(line);
  console.log(violation ? violation.message : `every invariant holds, in ${steps} steps`);
  return violation ? 1 : 0;
}

async function many(): Promise<number> {
  const start = performance.now();
  const seeds = Number(values.seeds);
  const { failures, coverage, steps } = await runSeeds({
    from: Number(values.from),
    seeds,
    jobs: Number(values.jobs),
    faults,
    onFailure: ({ seed, message }) => {
      console.log(`\nseed ${seed}: ${message.slice(0, 1000)}`);
      const only = values.faults === undefined ? "" : ` --faults "${values.faults}"`;
      console.log(`replay: npm run sim -- --seed ${seed}${only}`);
    },
  });
  console.log(`\nWhich fault met which state of a connection, and how often:\n${coverage}\n`);
  const seconds = ((performance.now() - start) / 1000).toFixed(1);
  console.log(`${seeds} seeds, ${steps} steps, ${seconds} s: ${failures.length} failed`);
  return failures.length > 0 ? 1 : 0;
}

async function mutants(): Promise<number> {
  const { seeds, jobs, only } = values;
  const most = process.argv.includes("--seeds") ? Number(seeds) : undefined;
  return await runMutants({ seeds: most, jobs: Number(jobs), only, print: console.log });
}
