import type { TapEvent } from "@deltawire/client";
import { ChannelState } from "@deltawire/protocol";
import { type Change, DeltawireError } from "@deltawire/spec";
import { expect, test } from "vitest";
import { Recorder } from "./recorder.js";
import { append, changes, joined, message, opened } from "./testing/events.js";

// What nobody can know is not told, and known again as soon as it is stated.

const added: Change = { type: "message_added", id: "n", generation: 0, role: "a", parts: [] };

const there = (seq: number): TapEvent => ({
  ...{ type: "channel", at: 0, channel: "c" },
  state: ChannelState.of("e", { seq }),
});

/** The reader asks, and is answered by a snapshot without messages. */
const rejoined = (seq: number | undefined, epoch: string, request = 9): TapEvent[] => [
  message(1, "sent", {
    ...{ type: "subscribe", channel: "c", request },
    ...(seq !== undefined && { epoch: "e", seq }),
  }),
  message(2, "received", {
    ...{ type: "subscribed", channel: "c", request, epoch, seq: 0, answer: "snapshot" },
  }),
  message(3, "received", {
    ...{ type: "snapshot", channel: "c", request, epoch, seq: 0, messages: [] },
  }),
];

/** Reason and version after each of the last rows. */
function lastOf(count: number, events: readonly TapEvent[]): unknown[] {
  const recorder = new Recorder(undefined, { notify: () => undefined });
  for (const event of events) recorder.take(event);
  return Array.from({ length: count }, (_, i) => {
    const row = recorder.end - count + i;
    return [recorder.row(row)?.reason, recorder.stateAt(row, "c", "read")?.seq];
  });
}

test("a gap that the reader does not mind is none: it knows more", () => {
  const events = [opened(0), there(0), ...[5, 6, 7].map((from) => live(from))];
  expect(lastOf(3, events)).toEqual([
    ["gap", 0],
    ["unknown", undefined],
    ["unknown", undefined],
  ]);
});

const live = (from: number, ...list: Change[]): TapEvent =>
  message(4, "received", changes(from, ...list));

test("the state that the reader had is shown until there is another, and is not known here", () => {
  const removed: Change = { type: "message_removed", id: "n" };
  const changed = [live(0), live(1, added), live(2, removed)];
  expect(lastOf(6, [opened(0), there(0), ...rejoined(7, "other"), ...changed])).toEqual([
    ["caught_up", undefined],
    ["caught_up", undefined],
    ["caught_up", undefined],
    ["live", undefined],
    ["live", 2],
    ["live", 3],
  ]);
});

test("a reader that asks from nothing has nothing: its first state may be empty", () => {
  expect(lastOf(3, [opened(0), ...rejoined(undefined, "e", 1)])).toEqual([
    ["joined", undefined],
    ["joined", undefined],
    ["joined", 0],
  ]);
  const forgotten = [...joined("text"), ...rejoined(undefined, "other")];
  expect(lastOf(3, forgotten)[2]).toEqual(["joined", 0]);
});

test("a reader that has asked before may show something while it repairs it", () => {
  const events = [opened(0), ...rejoined(undefined, "e"), live(0, added)];
  expect(lastOf(2, events)).toEqual([
    ["joined", undefined],
    ["live", 1],
  ]);
  expect(lastOf(1, [opened(0), there(3), ...rejoined(undefined, "e")])[0]).toEqual(["joined", 0]);
});

test("what cannot be read is repaired, and so is a gap", () => {
  const unreadable: TapEvent = {
    ...{ type: "message", at: 4, connection: 1, direction: "received", frame: undefined },
    ...{ message: "{", error: new DeltawireError("malformed", "not JSON") },
  };
  for (const event of [unreadable, live(5, append(0, "x"))]) {
    expect(lastOf(1, [...joined(), event, ...rejoined(0, "e")])).toEqual([["resynced", 0]]);
  }
});

test("an answer to an older question changes nothing", () => {
  const late = message(9, "received", {
    ...{ type: "snapshot", channel: "c", request: 8, epoch: "e", seq: 4, messages: [] },
  });
  expect(lastOf(1, [...joined(), ...rejoined(0, "e"), late])).toEqual([["ignored", 0]]);
});

test("half of an answer to a question from before is no state", () => {
  const half = message(9, "received", {
    ...{ type: "snapshot", channel: "c", request: 8, epoch: "e", seq: 4, messages: [] },
  });
  expect(lastOf(1, [opened(0), there(3), half])).toEqual([["unknown", undefined]]);
});
