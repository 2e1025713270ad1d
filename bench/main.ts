import { type Arguments, readArguments } from "./arguments.js";
import { latest, write } from "./report/files.js";
import { terminalReport } from "./report/report.js";
import { run } from "./run.js";

/** The arguments; wrong ones end the program with one line. */
function asked(): Arguments {
  try {
    return readArguments(process.argv.slice(2));
  } catch (error) {
    console.error(`bench: ${error instanceof Error ? error.message.split("\n")[0] : error}`);
    process.exit(2);
  }
}

const { sections, isFull, isJson, isWritten } = asked();
const results =
  sections.length === 0
    ? latest()
    : await run(sections, isFull ? "full" : "quick", (line) => console.error(line));
if (isWritten) for (const file of write(results)) console.error(`wrote ${file}`);
if (sections.length > 0) console.log(isJson ? JSON.stringify(results) : terminalReport(results));
