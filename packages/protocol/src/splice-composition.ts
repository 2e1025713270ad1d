import type { Splice } from "@deltawire/spec";

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
