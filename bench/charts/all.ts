import type { Results } from "../results.js";
import { bytesChart } from "./bytes.js";
import { cpuChart } from "./cpu.js";
import { fanoutChart } from "./fanout.js";
import type { Chart } from "./svg.js";

/** Every chart that the results have figures for. */
export const charts = (results: Results): Chart[] =>
  [bytesChart, cpuChart, fanoutChart].flatMap((chart) => chart(results) ?? []);
