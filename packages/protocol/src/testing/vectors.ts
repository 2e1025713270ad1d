import {
  type ChangesFrame,
  DeltawireError,
  type Frame,
  parseFrame,
  type SnapshotFrame,
  SUBPROTOCOLS,
} from "@deltawire/spec";
import { expect } from "vitest";
import { ChannelState } from "../channel-state.js";
import { createCodec } from "../codec.js";
import { Message } from "../message.js";
import { snapshotFrames } from "../snapshot-frames.js";

// What spec/vectors/README.md asks of every implementation, asked of this one.

export interface Expected {
  readonly name: string;
  readonly error?: { readonly code: string; readonly path?: string };
}

/** A frame of a vector as engines have it. */
export const frameOf = (frame: unknown): Frame => parseFrame(frame, "base64");
export const changesOf = (changes: unknown, from = 0): ChangesFrame =>
  frameOf({ type: "changes", channel: "c", from, to: from + 1, changes }) as ChangesFrame;

export const stateOf = (state: object, seq = 0): ChannelState => {
  const frame = frameOf({ type: "snapshot", channel: "c", request: 0, epoch: "e", seq, ...state });
  const { messages, attributes, closed, earlier } = frame as SnapshotFrame;
  return ChannelState.of("e", {
    seq,
    messages: messages.map((message) => Message.of(message)),
    ...(attributes && { attributes }),
    ...(closed && { closed }),
    ...(earlier && { earlier }),
  });
};

/** A state in the form of the vectors. */
export function plainOf(state: ChannelState): object {
  const [whole] = snapshotFrames("c", state, 0, Number.POSITIVE_INFINITY);
  const [text] = whole ? createCodec(SUBPROTOCOLS.json).encode(whole) : [];
  const { messages, attributes, closed, earlier } = JSON.parse(String(text));
  return {
    messages,
    ...(attributes && { attributes }),
    ...(closed && { closed }),
    ...(earlier && { earlier }),
  };
}

/** Fails unless a step throws what a vector states. */
export function expectError(step: () => unknown, error: Expected["error"]): void {
  let thrown: unknown;
  try {
    step();
  } catch (caught) {
    thrown = caught;
  }
  expect(thrown).toBeInstanceOf(DeltawireError);
  expect(thrown).toMatchObject(error as object);
}

export function expectOutcome(
  step: () => unknown,
  vector: Expected & { readonly result?: unknown },
): void {
  if (vector.error) expectError(step, vector.error);
  else expect(step()).toEqual(vector.result);
}
