import { parseArgs } from "node:util";
import { countBytes } from "./bytes.js";
import { measureGrowth, SIZES } from "./growth.js";
import { type Claim, type Series, text } from "./report.js";
import { LETTERS, measureSet } from "./set.js";
import { measureStalled, stalledText } from "./stalled.js";
import type { Figure, Rounds } from "./statistics.js";
import { COUNTS, measureStreaming } from "./streaming.js";

const ROUNDS = 25;
const STALLED_ROUNDS = 5;
const [SMALL] = SIZES;
const LARGE = 1e6;

const exactly = (value: number): Figure => ({ median: value, low: value, high: value });

/** What one layer takes at each size, and what that grows to. */
function series(what: string, layer: string, rounds: Rounds, budget?: number): Series {
  const figures = SIZES.map((size) => ({ size, ns: rounds.of(`${layer} ${size}`) }));
  const ratio = rounds.ratio(`${layer} ${LARGE}`, `${layer} ${SMALL}`);
  return { what, layer, figures, ratio, to: "1 KB", ...(budget !== undefined && { budget }) };
}

function measureSeries(): Series[] {
  const { append, backEdit, looks } = measureGrowth(ROUNDS);
  const set = measureSet(ROUNDS);
  const layers = ["encoder", "server", "decoder"];
  return [
    ...[...layers, "decoder, text read"].map((layer) => series("append", layer, append, 1.5)),
    ...layers.map((layer) => series("back-edit", layer, backEdit)),
    ...LETTERS.map(([name, letter]) => ({
      ...series(`set, ${name}`, `set ${letter}`, set, 2),
      layer: "encoder",
      ratio: set.ratio(`set ${letter} ${LARGE}`, `compare ${letter} ${LARGE}`),
      to: "comparing",
    })),
    ...["append", "back-edit"].map((edit) => ({
      ...series(edit, `look after ${edit}`, looks),
      layer: "a look inside",
    })),
  ];
}

function measureClaims(): Claim[] {
  const streaming = measureStreaming(10);
  const [few, many] = COUNTS;
  const { atCursor, byOrdinal, long, backEditAndAppend } = countBytes();
  return [
    {
      what: `${many} deltas in a JSON string, CPU of the consumer, to the same as text`,
      figure: streaming.ratio(`json ${many}`, `text ${many}`),
      budget: 2,
    },
    {
      what: `a delta of ${many} in a JSON string, to one of ${few}`,
      figure: streaming.ratio(`json ${many}`, `json ${few}`),
      budget: 1.5,
    },
    { what: "append at the cursor, bytes beyond the text", figure: exactly(atCursor), budget: 3 },
    { what: "the same, where the payload is 126 bytes", figure: exactly(long), budget: 5 },
    { what: "append where parts grow in turn, the same", figure: exactly(byOrdinal), budget: 6 },
    {
      what: "a back-edit in 1 MB and an append in one window, bytes in all",
      figure: exactly(backEditAndAppend),
      budget: 200,
    },
  ];
}

const { values, positionals } = parseArgs({
  options: { json: { type: "boolean", default: false } },
  allowPositionals: true,
});
const print = <Report>(report: Report, text: (report: Report) => string): void =>
  console.log(values.json ? JSON.stringify(report) : text(report));

if (positionals[0] === "stalled") print(await measureStalled(STALLED_ROUNDS), stalledText);
else {
  const claims = measureClaims(); // first: a consumer has no texts of 10 MB beside it
  print({ series: measureSeries(), claims }, text);
}
