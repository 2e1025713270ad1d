import type { ChannelEngine } from "./engine/channel-engine.js";
import type { Operation } from "./journal.js";

/** What one record holds at most: operations, and about the bytes of their changes. */
const MAX_BATCH = 256;
const MAX_WEIGHT = 1 << 20;

/** What became of an operation. */
type Result = { readonly value: unknown } | { readonly error: unknown };

/** An operation that waits to be decided. */
interface Waiting {
  readonly operation: Operation<unknown>;
  settle(result: Result): void;
}

/** The operations of a journal, in order: those that wait, and those that are being decided. */
export class Operations {
  #waiting: Waiting[] = [];
  #deciding: Waiting[] = [];

  /** How many wait. */
  get size(): number {
    return this.#waiting.length;
  }

  /** See `Journal.run`. */
  ask<T>(operation: Operation<T>, done?: (value: T) => void): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      const settle = (result: Result) => {
        if ("error" in result) {
          reject(result.error);
          return;
        }
        const value = result.value as T; // what the operation has returned
        done?.(value);
        resolve(value);
      };
      this.#waiting.push({ operation, settle });
    });
  }

  /** One of the journal's own comes first; nobody waits for its result. */
  putFirst(operation: Operation<unknown>): void {
    this.#waiting.unshift({ operation, settle: () => undefined });
  }

  /** Decides as many as fit one record; returns what tells who asked for them, once that counts. */
  decide(draft: ChannelEngine): (() => void)[] {
    const results: (() => void)[] = [];
    this.#deciding = [];
    while (results.length < MAX_BATCH && draft.weight < MAX_WEIGHT) {
      const waiting = this.#waiting.shift();
      if (!waiting) break;
      this.#deciding.push(waiting);
      results.push(decide(draft, waiting));
    }
    return results;
  }

  /** What is being decided is so. */
  decided(): void {
    this.#deciding = [];
  }

  /** What was being decided is to be decided again: another server was faster. */
  putBack(): void {
    this.#waiting.unshift(...this.#deciding);
    this.#deciding = [];
  }

  /** Nothing is decided any more. */
  end(error: unknown): void {
    const ended = [...this.#deciding, ...this.#waiting];
    this.#deciding = [];
    this.#waiting = [];
    for (const { settle } of ended) settle({ error });
  }
}

function decide(draft: ChannelEngine, { operation, settle }: Waiting): () => void {
  let result: Result;
  try {
    result = { value: operation(draft) };
  } catch (error) {
    result = { error };
  }
  return () => settle(result);
}
