import { count, ratio, size, time } from "../report/format.js";
import type { Table } from "../report/table.js";
import type { Results } from "../results.js";

const MS = 1e6;

/** How each way is called in a table. */
const NAMES: Readonly<Record<string, string>> = {
  deltawire: "deltawire, useMessage",
  useChat: "AI SDK, useChat",
  "useChat-throttled": "the same, experimental_throttle of 100 ms",
  bindText: "bindText, an element",
  "bindText-node": "bindText, one Text node",
  setState: "setState with the full string",
  nothing: "nothing, but one letter",
};

/** What text costs on a screen. */
export function screenTables({ screen }: Results): Table[] {
  if (!screen) return [];
  const growing = Object.entries(screen.growing).map(([units, ways], i): Table => {
    const ours = ways.bindText?.task ?? Number.NaN;
    return {
      title: `An update on the screen, text of ${size(Number(units))}`,
      ...(i === 0 && {
        note:
          "200 tokens (2,000 in a full run) at the end of a text in Chromium, each painted before the " +
          "next one comes: what its main thread takes for one. nothing: what it takes to be told, and " +
          "to paint.",
      }),
      head: ["", "to bindText", "main thread", "script", "styles and layout"],
      rows: Object.entries(ways).map(([way, { task, script, layout }]) => [
        NAMES[way] ?? way,
        ratio(task / ours),
        ...[task, script, layout].map((ms) => time(ms * MS)),
      ]),
    };
  });
  const turn: Table = {
    title: "An agent's turn on a page in React",
    note: "10,000 tokens and 20 calls of tools in 10 s (20 s in a full run), in Chromium.",
    head: ["", "commits a second", "long tasks", "their time", "main thread", "shown after"],
    rows: Object.entries(screen.turn).map(([way, row]) => [
      NAMES[way] ?? way,
      ratio(row.commitsPerSecond),
      count(row.longTasks),
      time(row.longTime * MS),
      time(row.busy * 1e3 * MS),
      time(row.elapsed * 1e3 * MS),
    ]),
  };
  return [...growing, turn];
}
