import type { CommandResultFrame } from "@deltawire/spec";

/** Results that are remembered, and about their bytes together. */
const MAX_RESULTS = 1024;
const MAX_SIZE = 1 << 20;

/** What became of the latest commands, for who sends one again; past a bound the oldest go. */
export class CommandResults {
  readonly #results: Map<string, CommandResultFrame>;
  #size: number;

  /** @param others begins as a copy of these */
  constructor(others?: CommandResults) {
    this.#results = new Map(others ? others.#results : []);
    this.#size = others ? others.#size : 0;
  }

  /** All of them by their keys, the oldest first. */
  get entries(): Iterable<readonly [string, CommandResultFrame]> {
    return this.#results;
  }

  get(key: string): CommandResultFrame | undefined {
    return this.#results.get(key);
  }

  remember(key: string, result: CommandResultFrame): void {
    this.#results.set(key, result);
    this.#size += sizeOf(result);
    for (const [oldest, forgotten] of this.#results) {
      if (this.#results.size <= MAX_RESULTS && this.#size <= MAX_SIZE) break;
      this.#results.delete(oldest);
      this.#size -= sizeOf(forgotten);
    }
  }
}

const sizeOf = (result: CommandResultFrame): number => JSON.stringify(result).length;
