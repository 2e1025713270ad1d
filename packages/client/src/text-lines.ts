/** What `splice` of a writer takes; offsets in UTF-16 code units. */
export type TextSplice = readonly [changedOffset: number, removed: number, text: string];

/** Lines that a call takes as its arguments: engines bound them, at some 60,000 and up. */
const MAX_ARGUMENTS = 10_000;

/**
 * Lines that are one text: joined by line feeds, none behind the last one. For plugins of editors,
 * which tell of lines that were replaced: makes the smallest splice of that.
 *
 * What a change costs depends on its lines, and on how far they are from the nearer end.
 */
export class TextLines {
  #lines: string[] = [];
  /** Of the lines and the line feeds between them. */
  #length = 0;

  /** How many lines there are. An empty text is one line, or none. */
  get count(): number {
    return this.#lines.length;
  }

  /** The text. */
  get text(): string {
    return this.#lines.join("\n");
  }

  /**
   * Puts lines in the place of those from `first` up to, not including, `last`; counted from 0.
   *
   * @param lines without line feeds
   * @returns what that does to the text
   * @throws RangeError where there are no such lines; nothing has changed then
   */
  replace(first: number, last: number, lines: readonly string[]): TextSplice {
    const { count } = this;
    if (!(Number.isInteger(first) && Number.isInteger(last) && first >= 0)) {
      throw new RangeError(`lines ${first} to ${last}: lines are counted from 0, in integers`);
    }
    if (first > last || last > count) {
      throw new RangeError(`lines ${first} to ${last}: there are ${count}; state all of them anew`);
    }
    const isStart = first === 0;
    const isEnd = last === count;
    // Each line has its line feed behind it, but where the last line is touched: before it.
    const join = (of: readonly string[]): string => {
      if (isStart && isEnd) return of.join("\n");
      return of.map((line) => (isEnd ? `\n${line}` : `${line}\n`)).join("");
    };
    const start = this.#startOf(first) - (isEnd && !isStart ? 1 : 0);
    const before = join(this.#lines.slice(first, last));
    const after = join(lines);
    if (lines.length <= MAX_ARGUMENTS) this.#lines.splice(first, last - first, ...lines);
    else this.#lines = this.#lines.slice(0, first).concat(lines, this.#lines.slice(last));
    this.#length += after.length - before.length;
    return trimmed(start, before, after);
  }

  /** Where a line begins; that after the last one, one past the end. */
  #startOf(line: number): number {
    let start = 0;
    if (line <= this.#lines.length / 2) {
      for (let i = 0; i < line; i += 1) start += (this.#lines[i]?.length ?? 0) + 1;
      return start;
    }
    start = this.#length + 1;
    for (let i = line; i < this.#lines.length; i += 1) start -= (this.#lines[i]?.length ?? 0) + 1;
    return start;
  }
}

/** The splice without what both have at their begin and end. */
function trimmed(start: number, before: string, after: string): TextSplice {
  const most = Math.min(before.length, after.length);
  let head = 0;
  while (head < most && before.charCodeAt(head) === after.charCodeAt(head)) head += 1;
  let tail = 0;
  const [beforeEnd, afterEnd] = [before.length - 1, after.length - 1];
  while (
    tail < most - head &&
    before.charCodeAt(beforeEnd - tail) === after.charCodeAt(afterEnd - tail)
  ) {
    tail += 1;
  }
  return [start + head, before.length - head - tail, after.slice(head, after.length - tail)];
}
