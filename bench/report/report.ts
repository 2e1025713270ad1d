import type { Chart } from "../charts/svg.js";
import type { Effort, Machine, Results } from "../results.js";
import { comparisons } from "./comparisons.js";
import { conditions } from "./conditions.js";
import { losses } from "./losses.js";
import { markdownTable, type Table, terminalTable, wrapped } from "./table.js";
import { tables } from "./tables.js";
import { missed, reasons, summary, verdict } from "./verdict.js";

const machineOf = ({ cpu, cores, memory, system, node }: Machine): string =>
  `${cpu}, ${cores} cores, ${memory} GB, ${system}, Node ${node}`;

const FLAGS: Readonly<Record<Effort, string>> = { smallest: "", quick: "", full: "--full " };

/** Every table, and the line that sums them up. */
function parts(results: Results): { readonly all: readonly Table[]; readonly last: string } {
  const found = conditions(results);
  const closing = [
    losses(comparisons(results)),
    verdict(found),
    missed(found),
    reasons(found),
  ].flatMap((table) => (table === undefined || table.rows.length === 0 ? [] : [table]));
  return { all: [...tables(results), ...closing], last: summary(found) };
}

/** The report for a terminal of 100 columns. */
export function terminalReport(results: Results): string {
  const { all, last } = parts(results);
  return [
    wrapped(`${results.effort} run on ${machineOf(results.machine)}`),
    ...all.map(terminalTable),
    last,
  ].join("\n\n\n");
}

/** What was measured apart, by the command that has measured it. */
function apart({ apart: runs = {} }: Results): string {
  const byRun = new Map<string, string[]>();
  for (const [name, { date, effort }] of Object.entries(runs)) {
    const run = `${FLAGS[effort]}--write\` on ${date.slice(0, 10)}`;
    byRun.set(run, [...(byRun.get(run) ?? []), name]);
  }
  const said = [...byRun].map(([run, names]) => `\`npm run bench -- ${names.join(" ")} ${run}`);
  return said.length === 0 ? "" : ` Apart from that: ${said.join("; ")}.`;
}

/** bench/RESULTS.md. */
export function document(results: Results, charts: readonly Chart[]): string {
  const { all, last } = parts(results);
  const packages = Object.entries(results.versions).map(([name, version]) => `${name} ${version}`);
  return `${[
    "# Results",
    wrapped(
      `Measured by \`npm run bench -- ${FLAGS[results.effort]}--write\` on ${results.date.slice(0, 10)}: ` +
        `${machineOf(results.machine)}.${apart(results)} [README.md](README.md) says how. Every figure is a median; ` +
        "[latest.json](results/latest.json) has the quartiles.",
    ),
    ...charts.map(({ file, alt }) => `![${alt}](results/${file})`),
    last,
    ...all.map((table) => markdownTable(table, 2)),
    "## Versions",
    wrapped(`${packages.join(", ")}.`),
  ].join("\n\n")}\n`;
}
