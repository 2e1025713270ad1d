import type { Channel, MessageWriter } from "@deltawire/client";
import { Section, type Splice } from "./section.js";

/** Who an entry is of. */
export type Role = "user" | "assistant";

interface Entry {
  readonly id: string;
  readonly role: Role;
  readonly section: Section;
  /** The last one; there is none before the first text. */
  writer: MessageWriter | undefined;
}

interface Touched {
  readonly entry: Entry;
  readonly from: number;
  readonly to: number;
}

/** A buffer as entries of a thread: each has some lines of it, all together have all of them. */
export class BufferEntries {
  readonly #channel: Pick<Channel, "write">;
  readonly #prefix: string;
  readonly #entries: Entry[] = [];
  #ending: Promise<void> = Promise.resolve();

  /** @param prefix makes ids of entries unique in the thread */
  constructor(channel: Pick<Channel, "write">, prefix: string) {
    this.#channel = channel;
    this.#prefix = prefix;
    this.begin("assistant");
  }

  /** All of its text, as the buffer has it. */
  get text(): string {
    const texts = this.#entries.filter(({ section }) => section.count > 0);
    return texts.map(({ section }) => section.text).join("\n");
  }

  /** Whether an entry is open. */
  get isOpen(): boolean {
    return this.#entries.some(({ writer }) => writer?.ended === false);
  }

  /** The next lines at the end of the buffer are those of an entry of their own. */
  begin(role: Role): void {
    const id = `${this.#prefix}-${this.#entries.length}`;
    this.#entries.push({ id, role, section: new Section(), writer: undefined });
  }

  /**
   * Lines of the buffer were replaced: those from `first` up to, not including, `last`; -1 is the
   * end of the buffer. Where several entries lose lines, each gets as many new ones, and the last
   * one the rest. An insertion belongs to the line before it.
   */
  change(first: number, last: number, lines: readonly string[]): void {
    const total = this.#entries.reduce((sum, { section }) => sum + section.count, 0);
    const end = last < 0 ? total : Math.min(last, total);
    const begin = Math.min(first, end);
    // Neovim tells of no line then, and has an empty one.
    const isEmpty = begin === 0 && end === total && lines.length === 0;
    const given = isEmpty ? [""] : lines;
    const touched = this.#touched(begin, end, total);
    let dealt = 0;
    for (const [i, { entry, from, to }] of touched.entries()) {
      const taken = i === touched.length - 1 ? given.length : dealt + to - from;
      this.#write(entry, entry.section.replace(from, to, given.slice(dealt, taken)));
      dealt = taken;
    }
  }

  /** The entries that lines are of, and which of theirs. */
  #touched(first: number, last: number, total: number): readonly Touched[] {
    const newest = this.#entries.at(-1);
    if (newest && first === total && newest.section.count === 0) {
      return [{ entry: newest, from: 0, to: 0 }];
    }
    const before = first === last ? Math.max(first - 1, 0) : first;
    const touched: Touched[] = [];
    let start = 0;
    for (const entry of this.#entries) {
      const end = start + entry.section.count;
      if (before < end && Math.max(last, before + 1) > start) {
        const from = Math.max(first - start, 0);
        touched.push({ entry, from, to: Math.max(Math.min(last, end) - start, from) });
      }
      start = end;
    }
    return touched;
  }

  #write(entry: Entry, { changedOffset, removed, text }: Splice): void {
    if (removed === 0 && text === "") return;
    if (entry.writer?.ended === false) {
      entry.writer.splice(changedOffset, removed, text);
      return;
    }
    const { id, role, section, writer } = entry;
    entry.writer = this.#channel.write(id, { role, kind: "text", reopen: writer !== undefined });
    entry.writer.set(section.text);
  }

  /** Ends the entries that are open; a later edit opens one again. Resolves when the server has it. */
  end(how: "complete" | "cancel" = "complete"): Promise<void> {
    const open = this.#entries.filter(({ writer }) => writer?.ended === false);
    const ended = open.map(({ writer }) => writer?.[how]());
    const before = this.#ending.catch(() => undefined); // was told already
    this.#ending = Promise.all([before, ...ended]).then(() => undefined);
    return this.#ending;
  }
}
