/** What is replaced in a text; offsets in UTF-16 code units. */
export interface Splice {
  readonly changedOffset: number;
  readonly removed: number;
  readonly text: string;
}

/**
 * Lines of a buffer that are one text: joined by line feeds, none behind the last one. Turns a
 * change of lines into the smallest splice; what it costs depends on the changed lines, and on how
 * far they are from the nearer end.
 */
export class Section {
  readonly #lines: string[] = [];
  /** Of the lines and the line feeds between them. */
  #length = 0;

  /** How many lines it has. */
  get count(): number {
    return this.#lines.length;
  }

  get text(): string {
    return this.#lines.join("\n");
  }

  /** Puts lines in the place of those from `first` up to, not including, `last`. */
  replace(first: number, last: number, lines: readonly string[]): Splice {
    const isStart = first === 0;
    const isEnd = last === this.#lines.length;
    // Each line has its line feed behind it, but where the last line is touched: before it.
    const join = (of: readonly string[]): string => {
      if (isStart && isEnd) return of.join("\n");
      return of.map((line) => (isEnd ? `\n${line}` : `${line}\n`)).join("");
    };
    const start = this.#startOf(first) - (isEnd && !isStart ? 1 : 0);
    const before = join(this.#lines.slice(first, last));
    const after = join(lines);
    this.#lines.splice(first, last - first, ...lines);
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
function trimmed(start: number, before: string, after: string): Splice {
  const most = Math.min(before.length, after.length);
  let head = 0;
  while (head < most && before.charCodeAt(head) === after.charCodeAt(head)) head += 1;
  let tail = 0;
  while (tail < most - head && before.at(-1 - tail) === after.at(-1 - tail)) tail += 1;
  return {
    changedOffset: start + head,
    removed: before.length - head - tail,
    text: after.slice(head, after.length - tail),
  };
}
