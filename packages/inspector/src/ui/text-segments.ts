import type { Splice } from "@deltawire/spec";
import { plural } from "./format.js";
import type { Segment } from "./tree-node.js";

/** Units of what did not change that stand beside what did. */
const CONTEXT = 80;
/** Units of one edit that are shown, at its beginning and at its end. */
const EDIT = 2048;

/** A text that can be cut: a string, or that of a part. */
interface Cuttable {
  readonly length: number;
  slice(start: number, end: number): string;
}

/** What edits do to a text: what goes and what comes, with a little of what is around it. */
export function textSegments(before: Cuttable, splices: readonly Splice[]): readonly Segment[] {
  const segments: Segment[] = [];
  let at = 0;
  for (const [i, { changed_offset, removed, text }] of splices.entries()) {
    keep(segments, [before, at, changed_offset], i > 0, true);
    at = changed_offset + removed;
    cut(segments, before.slice(changed_offset, at), "removed");
    cut(segments, text, "added");
  }
  keep(segments, [before, at, before.length], splices.length > 0, false);
  return segments;
}

/** What stays: its ends, beside an edit. */
function keep(
  segments: Segment[],
  [text, start, end]: readonly [Cuttable, number, number],
  isAfter: boolean,
  isBefore: boolean,
): void {
  const head = isAfter ? CONTEXT : 0;
  const tail = isBefore ? CONTEXT : 0;
  const folded = end - start - head - tail;
  if (folded <= CONTEXT) {
    segments.push({ text: text.slice(start, end) });
    return;
  }
  if (head > 0) segments.push({ text: text.slice(start, start + head) });
  segments.push({ text: ` … ${plural(folded, "unit")} … `, mark: "fold" });
  if (tail > 0) segments.push({ text: text.slice(end - tail, end) });
}

function cut(segments: Segment[], text: string, mark: "added" | "removed"): void {
  if (text === "") return;
  const folded = text.length - 2 * EDIT;
  if (folded <= CONTEXT) {
    segments.push({ text, mark });
    return;
  }
  segments.push({ text: text.slice(0, EDIT), mark });
  segments.push({ text: ` … ${plural(folded, "unit")} … `, mark: "fold" });
  segments.push({ text: text.slice(-EDIT), mark });
}
