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

/** Splices as runs: `keep` units stay, then `drop` units go and `text` comes. */
interface Run {
  keep: number;
  drop: number;
  text: string;
}

/** Collects runs left to right into canonical splices. */
class Runs {
  readonly #runs: Run[] = [{ keep: 0, drop: 0, text: "" }];
  #last: Run = this.#runs[0] as Run; // the one just made

  keep(units: number): void {
    if (units === 0) return;
    const last = this.#last;
    if (last.drop === 0 && last.text === "") last.keep += units;
    else {
      this.#last = { keep: units, drop: 0, text: "" };
      this.#runs.push(this.#last);
    }
  }

  drop(units: number): void {
    this.#last.drop += units;
  }

  insert(text: string): void {
    this.#last.text += text;
  }

  splices(): Splice[] {
    const splices: Splice[] = [];
    let offset = 0;
    for (const { keep, drop, text } of this.#runs) {
      offset += keep;
      if (drop > 0 || text !== "") splices.push({ changed_offset: offset, removed: drop, text });
      offset += drop;
    }
    return splices;
  }
}

/** Where the last splice ends in the text after all of them. */
function endAfter(splices: readonly Splice[]): number {
  let delta = 0;
  let end = 0;
  for (const { changed_offset, removed, text } of splices) {
    end = changed_offset + delta + text.length;
    delta += text.length - removed;
  }
  return end;
}

/** The splices that do what `first` and then `second` do. Canonical where both are. */
export function composeSplices(first: readonly Splice[], second: readonly Splice[]): Splice[] {
  const last = first.at(-1);
  const only = second[0];
  if (!last) return [...second];
  if (only && second.length === 1 && only.removed === 0) {
    if (only.changed_offset === endAfter(first)) {
      return [...first.slice(0, -1), { ...last, text: last.text + only.text }];
    }
  }
  const runs = new Runs();
  // Walks the text between the two: pieces are either kept by `first` or inserted by it.
  let index = 0;
  let before = 0; // offset in the text before `first`
  let inserted = ""; // what is left of the current insertion of `first`
  const advance = (units: number, act: (kept: number, text: string) => void): void => {
    let rest = units;
    while (rest > 0) {
      if (inserted !== "") {
        const part = inserted.slice(0, rest);
        inserted = inserted.slice(part.length);
        rest -= part.length;
        act(0, part);
        continue;
      }
      const next = first[index];
      const room = next ? next.changed_offset - before : rest;
      if (next && room === 0) {
        runs.drop(next.removed);
        before += next.removed;
        inserted = next.text;
        index += 1;
        continue;
      }
      const kept = Math.min(rest, room);
      before += kept;
      rest -= kept;
      act(kept, "");
    }
  };
  let position = 0; // offset in the text between the two
  const keep = (kept: number, text: string) => (kept ? runs.keep(kept) : runs.insert(text));
  const drop = (kept: number) => runs.drop(kept);
  for (const { changed_offset, removed, text } of second) {
    advance(changed_offset - position, keep);
    advance(removed, drop);
    runs.insert(text);
    position = changed_offset + removed;
  }
  runs.insert(inserted);
  for (; index < first.length; index++) {
    const next = first[index] as Splice; // index < length
    runs.keep(next.changed_offset - before);
    runs.drop(next.removed);
    runs.insert(next.text);
    before = next.changed_offset + next.removed;
  }
  return runs.splices();
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
