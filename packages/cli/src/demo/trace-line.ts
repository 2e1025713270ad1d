import type { JsonObject } from "./json.js";

/** What a trace line carries; TRACES.md says what each kind means. */
export const KINDS = ["text", "reasoning", "args", "code", "result", "start", "status"] as const;

export type TraceKind = (typeof KINDS)[number];

/**
 * One line of a trace: a recorded stream, one JSON object a line, in the order in which the
 * provider sent it. The format is documented in TRACES.md.
 */
export interface TraceLine {
  /** The block's number: a text, or a tool call. Blocks may interleave. */
  readonly i: number;
  readonly k: TraceKind;
  /** The delta: text to append, for `status` the new status, for `start` empty. */
  readonly d: string;
  /** For `start`: what the block is (`message`, `reasoning`, or a tool's name). */
  readonly name?: string;
}

/**
 * Reads the events of one provider, in order, as trace lines. `block` gives each key a number, in
 * the order in which keys are first seen, so that several responses in one capture do not collide.
 */
export type Adapter = (
  block: (key: string) => number,
) => (event: JsonObject) => readonly TraceLine[];
