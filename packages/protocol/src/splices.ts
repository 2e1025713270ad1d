import { DeltawireError, type Splice } from "@deltawire/spec";

/** What splices are checked against and applied to. */
interface Spliceable {
  readonly length: number;
  isBoundary(offset: number): boolean;
}

/**
 * Checks splices against the text before them: sorted, neither overlapping nor adjacent, inside
 * the text, and no end inside a surrogate pair.
 *
 * @throws DeltawireError `offset_out_of_range`, `inside_surrogate_pair` or `malformed`
 */
export function checkSplices(text: Spliceable, splices: readonly Splice[]): void {
  let last = -1;
  for (let i = 0; i < splices.length; i++) {
    const { changed_offset: offset, removed } = splices[i] as Splice; // i < length
    const code = misfit(text, offset, removed, last);
    if (code) throw misplaced(code, offset, removed, `/splices/${i}`);
    last = offset + removed;
  }
}

/** The same for one splice of a string. */
export function checkSplice(text: string, { changed_offset: offset, removed }: Splice): void {
  const isBoundary = (at: number) =>
    at === 0 || at >= text.length || (text.charCodeAt(at) & 0xfc00) !== 0xdc00;
  const code = misfit({ length: text.length, isBoundary }, offset, removed, -1);
  if (code) throw misplaced(code, offset, removed, "");
}

/** What is wrong with a splice, and the code of that error. */
const MISFITS = {
  offset_out_of_range: "is past the end",
  malformed: "overlaps or touches the splice before it, or comes before that",
  inside_surrogate_pair: "cuts a surrogate pair",
} as const;

function misfit(
  text: Spliceable,
  offset: number,
  removed: number,
  last: number,
): keyof typeof MISFITS | undefined {
  const end = offset + removed;
  if (end > text.length) return "offset_out_of_range";
  if (offset <= last) return "malformed";
  return text.isBoundary(offset) && text.isBoundary(end) ? undefined : "inside_surrogate_pair";
}

function misplaced(
  code: keyof typeof MISFITS,
  offset: number,
  removed: number,
  place: string,
): DeltawireError {
  const what = `${offset} + ${removed} ${MISFITS[code]}`;
  return new DeltawireError(code, what, { path: `${place}/changed_offset` });
}

/** Applies splices to a string that they were checked against. */
export function spliceString(text: string, splices: readonly Splice[]): string {
  let result = "";
  let position = 0;
  for (const { changed_offset, removed, text: inserted } of splices) {
    result += text.slice(position, changed_offset) + inserted;
    position = changed_offset + removed;
  }
  return position === 0 ? result + text : result + text.slice(position);
}
