import process from "node:process";
import { parseArgs } from "node:util";
import { realPostgres } from "../real/postgres.js";
import { redisPart } from "../real/redis.js";
import { type FaultKind, KINDS } from "./fault.js";
import { lineOf } from "./line.js";
import { Runs } from "./run.js";

// npm run faults -- --runs 100 --seed 1 --fault server

const { values } = parseArgs({
  options: {
    runs: { type: "string", default: "100" },
    seed: { type: "string", default: "1" },
    fault: { type: "string", default: "server" },
    producers: { type: "string", default: "50" },
    consumers: { type: "string", default: "500" },
    log: { type: "boolean", default: false },
    channels: { type: "string", default: "25" },
  },
});

const kind = KINDS.find((name) => name === values.fault);
if (kind === undefined) {
  console.error(`--fault is one of ${KINDS.join(", ")}`);
  process.exit(2);
}
process.exitCode = await many(kind);

async function many(fault: FaultKind): Promise<number> {
  const what = "npm run faults";
  const redis = await redisPart(what);
  const postgres = await realPostgres(what);
  if (!redis || !postgres) return 1;
  const [producers, consumers, channels] = [values.producers, values.consumers, values.channels];
  const runs = new Runs({ redis, postgres, isLogging: values.log }, fault, {
    producers: Number(producers),
    consumers: Number(consumers),
    channels: Number(channels),
  });
  const stop = async (): Promise<void> => {
    await runs.stop();
    await postgres.close();
  };
  for (const signal of ["SIGINT", "SIGTERM"] as const) {
    process.once(signal, () => void stop().finally(() => process.exit(130)));
  }
  let failed = 0;
  const first = Number(values.seed);
  try {
    for (let seed = first; seed < first + Number(values.runs); seed++) {
      const result = await runs.run(seed);
      if (result.problems.length > 0) failed += 1;
      console.log(lineOf(fault, result));
    }
  } finally {
    await stop();
  }
  console.log(`${values.runs} runs, ${failed} failed`);
  return failed > 0 ? 1 : 0;
}
