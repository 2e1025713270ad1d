import { readArguments } from "./arguments.js";
import { merged } from "./merge.js";
import { latest, write } from "./report/files.js";
import { terminalReport } from "./report/report.js";
import { run, SECTIONS } from "./run.js";

const told = (error: unknown): string | undefined =>
  (error instanceof Error ? error.message : String(error)).split("\n")[0];

try {
  const { sections, isFull, isJson, isWritten } = readArguments(process.argv.slice(2));
  const isReport = sections.length === 0;
  const effort = isFull ? "full" : "quick";
  const results = isReport ? latest() : await run(sections, effort, (line) => console.error(line));
  if (isWritten) {
    const isPart = !isReport && sections.length < SECTIONS.length;
    const record = isPart ? merged(latest(), results, sections) : results;
    for (const file of write(record)) console.error(`wrote ${file}`);
  }
  if (!isReport) console.log(isJson ? JSON.stringify(results) : terminalReport(results));
} catch (error) {
  console.error(`bench: ${told(error)}`);
  process.exitCode = error instanceof TypeError ? 2 : 1;
}
