import { countBytes } from "./bytes.js";
import { LARGE } from "./growing-text.js";
import type { ClaimRow, Effort, Named } from "./results.js";
import { measureSet } from "./set.js";
import { measureStreaming } from "./streaming.js";

/** Rounds of what is timed, and how many deltas stream: few, and many. */
const EFFORTS = {
  smallest: { rounds: 2, few: 1000, many: 8000 },
  quick: { rounds: 7, few: 8000, many: 64_000 },
  full: { rounds: 15, few: 8000, many: 64_000 },
} as const satisfies Record<Effort, object>;

/** What streams inside JSON, to the same as text, and as it grows. */
function streamingClaims({ rounds, few, many }: (typeof EFFORTS)[Effort]): Named<ClaimRow> {
  const streaming = measureStreaming([few, many], rounds);
  return {
    "json-to-text": {
      what: `${many} deltas in a JSON string, CPU of the consumer, to the same as text`,
      figure: streaming.ratio(`json ${many}`, `text ${many}`),
      budget: 2,
    },
    "json-linear": {
      what: `a delta of ${many} in a JSON string, to one of ${few}`,
      figure: streaming.ratio(`json ${many}`, `json ${few}`),
      budget: 1.5,
    },
  };
}

function bytesClaims(): Named<ClaimRow> {
  const { atCursor, byOrdinal, long, backEditAndAppend, join } = countBytes();
  const exactly = (what: string, value: number, budget: number): ClaimRow => ({
    what,
    figure: { median: value, low: value, high: value },
    budget,
  });
  return {
    "append-at-cursor": exactly("append at the cursor, bytes beyond the text", atCursor, 3),
    "append-long": exactly("the same, where the payload is 126 bytes", long, 5),
    "append-by-ordinal": exactly("append where parts grow in turn, the same", byOrdinal, 6),
    "back-edit-and-append": exactly(
      "a back-edit in 1 MB and an append in one window, bytes in all",
      backEditAndAppend,
      200,
    ),
    "join-control": exactly("a join of an empty channel, bytes both ways", join, 300),
  };
}

function setClaims(rounds: number): Named<ClaimRow> {
  const set = measureSet([LARGE], rounds);
  const ratio = (width: string) =>
    set.ratio(`encoder${width} ${LARGE}`, `compare${width} ${LARGE}`);
  const what = "set of 1 MB that grew at its end, to comparing the two texts once";
  return {
    "set-to-compare": { what, figure: ratio(""), budget: 2 },
    "set-wide-to-compare": { what: `${what}, any script`, figure: ratio("-wide"), budget: 2 },
  };
}

/** Our own budgets, each with what was measured. */
export async function measureClaims(
  effort: Effort,
  progress: (line: string) => void = () => undefined,
): Promise<Named<ClaimRow>> {
  progress("what streams inside JSON");
  const streaming = streamingClaims(EFFORTS[effort]);
  progress("bytes, and set");
  return { ...streaming, ...bytesClaims(), ...setClaims(3 * EFFORTS[effort].rounds) };
}
