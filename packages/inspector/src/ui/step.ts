import { diff } from "@deltawire/protocol/differences";
import { type Change, DeltawireError } from "@deltawire/spec";
import type { Recorder } from "../recorder.js";
import type { Side } from "../row.js";
import type { Step } from "../timeline.js";

/** What a row did to the state of its channel. */
export interface ShownStep extends Step {
  /** Undefined where the state was replaced by one that cannot be compared with it. */
  readonly changes: readonly Change[] | undefined;
}

/** The step that a row made: of its own channel and side, or of those that are given. */
export function stepAt(recorder: Recorder, row: number, channel?: string, side?: Side): ShownStep {
  const step = recorder.stepAt(row, channel, side);
  return { ...step, changes: changesOf(recorder, row, step) };
}

function changesOf(
  recorder: Recorder,
  row: number,
  { before, after }: Step,
): readonly Change[] | undefined {
  if (!after || before === after) return [];
  const frame = recorder.row(row)?.frame;
  if (frame?.type === "changes" && before?.epoch === after.epoch) return frame.changes;
  if (!before) return undefined;
  try {
    return diff("", before, after).changes;
  } catch (error) {
    // Of two epochs, or of windows: there are no changes between them.
    if (error instanceof DeltawireError) return undefined;
    throw error;
  }
}
