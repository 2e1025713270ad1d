import type { Channel, MessageWriter } from "@deltawire/client";
import { TextLines } from "@deltawire/client/lines";

/** Who an entry is of. */
export type Role = "user" | "assistant";

interface Entry {
  readonly id: string;
  readonly role: Role;
  readonly lines: TextLines;
  /** The last one; there is none before the first text. */
  writer?: MessageWriter;
}

/** A buffer as entries of a thread: each has some lines of it, all together have all of them. */
export class BufferEntries {
  readonly #channel: Channel;
  readonly #prefix: string;
  readonly #entries: Entry[] = [];

  /** @param prefix makes ids of entries unique in the thread */
  constructor(channel: Channel, prefix: string) {
    this.#channel = channel;
    this.#prefix = prefix;
    this.begin("assistant");
  }

  /** All of its text, as the buffer has it. */
  get text(): string {
    const texts = this.#entries.filter(({ lines }) => lines.count > 0);
    return texts.map(({ lines }) => lines.text).join("\n");
  }

  /** Writers of entries that are open. */
  get open(): readonly MessageWriter[] {
    return this.#entries.flatMap(({ writer }) => (writer?.ended === false ? [writer] : []));
  }

  /** The next lines at the end of the buffer are those of an entry of their own. */
  begin(role: Role): void {
    const id = `${this.#prefix}-${this.#entries.length}`;
    this.#entries.push({ id, role, lines: new TextLines() });
  }

  /**
   * Lines of the buffer were replaced: those from `first` up to, not including, `last`; -1 is the
   * end of the buffer. Where several entries lose lines, each gets as many new ones, and the last
   * one the rest. An insertion belongs to the line before it.
   */
  change(first: number, last: number, lines: readonly string[]): void {
    const total = this.#entries.reduce((sum, entry) => sum + entry.lines.count, 0);
    const end = last < 0 ? total : Math.min(last, total);
    const begin = Math.min(first, end);
    // Neovim tells of no line then, and has an empty one.
    let rest = begin === 0 && end === total && lines.length === 0 ? [""] : lines;
    const newest = this.#entries.at(-1);
    const isBegun = begin === total && newest?.lines.count === 0;
    let start = 0;
    for (const entry of this.#entries) {
      const { count } = entry.lines;
      const own = (line: number): number => Math.min(Math.max(line - start, 0), count);
      const [from, to] = [own(begin), own(end)];
      const hasLast = own(Math.max(end, 1)) > 0 && end <= start + count;
      const takesRest = isBegun ? entry === newest : hasLast;
      start += count;
      if (from === to && !takesRest) continue;
      const taken = takesRest ? rest : rest.slice(0, to - from);
      rest = rest.slice(taken.length);
      this.#replace(entry, from, to, taken);
    }
  }

  #replace(entry: Entry, from: number, to: number, lines: readonly string[]): void {
    const splice = entry.lines.replace(from, to, lines);
    if (splice[1] === 0 && splice[2] === "") return;
    if (entry.writer?.ended === false) {
      entry.writer.splice(...splice);
      return;
    }
    const { id, role, writer } = entry;
    entry.writer = this.#channel.write(id, { role, kind: "text", reopen: writer !== undefined });
    entry.writer.set(entry.lines.text);
  }
}
