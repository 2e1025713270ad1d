import type { ChannelEngine } from "./engine/channel-engine.js";
import type { Operation } from "./journal.js";

/** What became of an operation. */
type Result = { readonly value: unknown } | { readonly error: unknown };

/** An operation that waits to be decided. */
export interface Waiting {
  readonly operation: Operation<unknown>;
  settle(result: Result): void;
}

/** Decides an operation; returns what tells who asked for it, once that counts. */
export function decide(draft: ChannelEngine, { operation, settle }: Waiting): () => void {
  let result: Result;
  try {
    result = { value: operation(draft) };
  } catch (error) {
    result = { error };
  }
  return () => settle(result);
}

/** One of a journal's own, whose result nobody waits for. */
export const own = (operation: Operation<unknown>): Waiting => ({
  operation,
  settle: () => undefined,
});
