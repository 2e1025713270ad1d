import { parseArgs } from "node:util";
import { fuzz } from "./fuzz.js";

const { values } = parseArgs({
  options: {
    seconds: { type: "string", default: "60" },
    from: { type: "string", default: String(Date.now() % 1e9) },
    seed: { type: "string" },
  },
});
const { attacks, failure } = await fuzz({
  seconds: Number(values.seconds),
  seed: Number(values.seed ?? values.from),
  once: values.seed !== undefined,
});
for (const [target, count] of attacks) console.log(`${target}: ${count} attacks`);
if (failure) {
  console.error(failure.error);
  console.log(`${failure.target} failed; replay: npm run fuzz -- --seed ${failure.seed}`);
  process.exitCode = 1;
}
