// One section of the benchmark, in a process of its own: run.ts starts it.
import process from "node:process";
import { measureClaims } from "./claims.js";
import { measureFanout } from "./fanout/fanout.js";
import { measureIdle } from "./fanout/idle.js";
import { measureGrowth } from "./growth.js";
import type { Effort, Measured } from "./results.js";
import type { Section } from "./run.js";
import { measureStalled } from "./stalled.js";
import { measureTargets } from "./targets/targets.js";
import { inputsOf } from "./wire/inputs.js";
import { measureCpu } from "./wire/measure-cpu.js";
import { measureLateJoin } from "./wire/measure-late-join.js";
import { measureWire } from "./wire/measure-wire.js";
import { PEERS } from "./wire/peers.js";

type Measure = (effort: Effort, progress: (line: string) => void) => Promise<Partial<Measured>>;

const sections: Readonly<Record<Section, Measure>> = {
  cpu: async (effort, progress) => ({
    cpu: await measureCpu(await inputsOf(effort), PEERS, effort, progress),
  }),
  wire: async (effort, progress) => ({
    wire: await measureWire(await inputsOf(effort), PEERS, effort, progress),
  }),
  latejoin: async (effort, progress) => ({
    latejoin: await measureLateJoin(PEERS, effort, progress),
  }),
  // First what bounds are about: a consumer has no texts of 10 MB beside it.
  growth: async (effort, progress) => ({
    claims: await measureClaims(effort, progress),
    growth: await measureGrowth(effort, progress),
  }),
  targets: async (effort, progress) => ({ targets: await measureTargets(effort, progress) }),
  fanout: measureFanout,
  idle: async (effort, progress) => ({ idle: await measureIdle(effort, progress) }),
  stalled: async (effort, progress) => ({ stalled: await measureStalled(effort, progress) }),
};

const [, , section, effort] = process.argv as [string, string, Section, Effort]; // run.ts's own
process.on("disconnect", () => process.exit(1)); // nobody waits for it any more
const measured = await sections[section](effort, (line) => console.error(`      ${line}`));
process.send?.(measured);
