import type { Results } from "../results.js";
import { type Comparison, closest, comparisons } from "./comparisons.js";
import { ratio } from "./format.js";
import { markdownRows } from "./table.js";

/** What the README shows of all comparisons: what, on which, in which words, and beside whom. */
const SHOWN = [
  ["bytes, plain", "chat-20", "bytes, a chat at 20 tokens a second", "resend"],
  ["bytes, plain", "agent", "bytes, an agent turn of 10,000 tokens and 20 tool calls", "resend"],
  ["bytes, compressed", "agent", "the same, compressed", "resend"],
  ["bytes, plain", "json-state", "bytes, 500 changes to the JSON of 50 tool calls", "resend"],
  ["bytes of a late join", "40000", "bytes of a late join, 40,000 tokens", "yjs"],
  ["CPU to encode, growing", "append at 100 kB", "CPU to encode, text of 100 KB", "resend"],
  ["CPU to apply, growing", "append at 100 kB", "CPU to apply, text of 100 KB", "resend"],
  ["CPU to apply and read", "tool-argument", "CPU to apply and read 64,000 deltas", "ai-sdk"],
  ["fan-out: rate", "1000", "deliveries a second to 1,000", "ws"],
  ["fan-out of ten: rate", "1000", "the same, ten frames due together", "ws"],
] as const;

const times = (peer: string, by: number): string => `${peer}: ${ratio(by)}×`;

/** The table of the README: how many times better ours is, than the best and than the usual. */
export function highlights(results: Results): string {
  const all = comparisons(results);
  const rows = SHOWN.flatMap(([what, on, words, usual]) => {
    const found = all.find((comparison) => comparison.what === what && comparison.on === on);
    const best = found && closest(withoutLimit(found));
    if (found === undefined || best === undefined) return [];
    return [[words, times(best.peer, best.advantage), usualOf(found, usual)]];
  });
  return markdownRows(
    ["how many times better ours is", "than the best other", "than the usual"],
    rows,
    false,
  );
}

/** The raw socket is no way to bring text to anybody: it is the limit. */
function withoutLimit(comparison: Comparison): Comparison {
  const { "raw-socket": _, ...peers } = comparison.peers;
  return { ...comparison, peers };
}

function usualOf({ isMore, ours, peers }: Comparison, peer: string): string {
  const theirs = peers[peer];
  if (theirs === undefined) return "";
  return times(peer, isMore ? ours / theirs : theirs / ours);
}
