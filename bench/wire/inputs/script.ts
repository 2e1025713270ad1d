import type { Edit, Input } from "../peer.js";

/** A status line that is to be edited back. */
interface Awaited {
  readonly part: string;
  readonly at: number;
  readonly removed: number;
  readonly text: string;
  offset: number;
}

/** What an agent does to its texts, written down in the order of time. */
export class Script {
  readonly steps: Input["steps"][number][] = [];
  readonly #lengths = new Map<string, number>();
  #awaited: Awaited[] = [];

  #step(at: number, edit: Edit): void {
    this.steps.push({ at, edits: [edit] });
  }

  /** A text begins. */
  begin(at: number, part: string): void {
    this.#lengths.set(part, 0);
    this.#step(at, { is: "text", part });
  }

  append(at: number, part: string, text: string): void {
    this.settle(at);
    this.#lengths.set(part, this.#lengthOf(part) + text.length);
    this.#step(at, { is: "append", part, text });
  }

  #lengthOf(part: string): number {
    return this.#lengths.get(part) ?? 0;
  }

  /** At a time, the last characters of a text become others, whatever has come behind them. */
  editBack(at: number, part: string, removed: number, text: string): void {
    this.#awaited.push({ at, part, offset: this.#lengthOf(part) - removed, removed, text });
  }

  /** Makes the edits whose time has come. */
  settle(now: number = Number.POSITIVE_INFINITY): void {
    const due = this.#awaited.filter(({ at }) => at <= now).sort((a, b) => a.at - b.at);
    this.#awaited = this.#awaited.filter(({ at }) => at > now);
    for (const { at, part, offset, removed, text } of due) {
      const shift = text.length - removed;
      this.#step(at, { is: "splice", part, offset, removed, text });
      this.#lengths.set(part, this.#lengthOf(part) + shift);
      for (const other of [...due, ...this.#awaited]) {
        if (other.part === part && other.offset > offset) other.offset += shift;
      }
    }
  }
}
