import type { TapEvent } from "@deltawire/client";
import { type Change, DeltawireError, type Frame } from "@deltawire/spec";
import { expect, test } from "vitest";
import { readRecording } from "./read-recording.js";
import { Recorder } from "./recorder.js";
import { changes, joined, message, opened } from "./testing/events.js";

// A recording of which the oldest rows are gone shows what the reader showed, or nothing.

const added: Change = { type: "message_added", id: "n", generation: 0, role: "a", parts: [] };

const live = (from: number): TapEvent => received(9, changes(from, added));

const received = (at: number, frame: Frame): TapEvent => message(at, "received", frame);

const ask = (request: number, seq = 0): TapEvent =>
  message(5, "sent", { type: "subscribe", channel: "c", request, epoch: "e", seq });

const leave = message(4, "sent", { type: "unsubscribe", channel: "c" });

const lost: TapEvent = {
  ...{ type: "lost", at: 4, connection: 1, transport: "websocket", code: 1006 },
  error: new DeltawireError("connection_lost", "it was cut"),
};

const answered = (request: number, answer: "changes" | "snapshot"): TapEvent =>
  received(8, { type: "subscribed", channel: "c", request, epoch: "e", seq: 1, answer });

const snapshot = (request: number, more: boolean, id: string): TapEvent =>
  received(9, {
    ...{ type: "snapshot", channel: "c", request, epoch: "e", seq: 1, ...(more && { more }) },
    messages: [{ id, generation: 0, role: "a", status: "streaming", parts: [] }],
  });

/** What is read of the last rows, after those before them are gone: kinds, and versions after them. */
function readOf(gone: readonly TapEvent[], kept: readonly TapEvent[]): readonly [string, string] {
  const options = { notify: () => undefined };
  const recorder = new Recorder(undefined, { ...options, maxRows: kept.length });
  for (const event of [...gone, ...kept]) recorder.take(event);
  const again = new Recorder(readRecording([...recorder.lines()].join("")), options);
  const rows = Array.from({ length: again.end }, (_, row) => row);
  return [
    rows.map((row) => again.row(row)?.kind).join(" "),
    rows.map((row) => again.stateAt(row, "c", "read")?.seq ?? "-").join(" "),
  ];
}

test("a reader that follows its state goes on with it", () => {
  expect(readOf(joined(), [live(0)])).toEqual(["state changes", "0 1"]);
});

test("a reader that waits for an answer takes nothing else", () => {
  const catchUp = received(9, { ...changes(0, added), request: 2 });
  expect(
    readOf([...joined(), lost, opened(5), ask(2)], [live(0), answered(2, "changes"), catchUp]),
  ).toEqual(["state subscribe changes subscribed changes", "0 0 0 0 1"]);
});

test("how long the answer took stays known", () => {
  const recorder = new Recorder(undefined, { notify: () => undefined, maxRows: 2 });
  for (const event of [...joined(), ask(2), live(3), answered(2, "changes")]) recorder.take(event);
  const again = new Recorder(readRecording([...recorder.lines()].join("")));
  expect(again.row(again.end - 1)).toMatchObject({ kind: "subscribed", latency: 3 });
});

test("a reader that has left, is cut off or was refused takes nothing", () => {
  const refusal = received(6, {
    ...{ type: "error", code: "forbidden", message: "no", channel: "c", request: 2 },
  });
  expect(readOf([...joined(), leave], [live(0)])).toEqual(["state unsubscribe changes", "0 0 0"]);
  expect(readOf([...joined(), lost, opened(5)], [live(0)])).toEqual([
    "state lost changes",
    "0 0 0",
  ]);
  expect(readOf([...joined(), ask(2), refusal], [live(0)])).toEqual([
    "state subscribe error changes",
    "0 0 0 0",
  ]);
});

test("nothing is told of a reader that has half of an answer, or shows a history that is lost", () => {
  const half = [...joined(), ask(2), answered(2, "snapshot"), snapshot(2, true, "a")];
  expect(readOf(half, [snapshot(2, false, "b"), live(1)])).toEqual(["snapshot changes", "- -"]);
  const other: Frame = {
    ...{ type: "snapshot", channel: "c", request: 2, epoch: "other", seq: 0 },
    messages: [],
  };
  const stale = [...joined(), ask(2), answered(2, "snapshot"), received(9, other)];
  expect(readOf(stale, [live(0)])).toEqual(["changes", "-"]);
});

test("a loss is told before the states of those who have asked since", () => {
  const begun = (channel: string): TapEvent[] =>
    joined().flatMap((event) =>
      event.type === "message" && event.frame && "channel" in event.frame
        ? [message(event.at, event.direction, { ...event.frame, channel } as Frame)] // still of its type
        : [],
    );
  const events = [...begun("c"), ...begun("d"), lost, opened(5), ...begun("c")];
  expect(readOf(events, [live(0)])).toEqual(["state lost state changes", "- - 0 1"]);
});
