import type { TapEvent } from "@deltawire/client";
import { ChannelState, Message } from "@deltawire/protocol";
import { DeltawireError } from "@deltawire/spec";
import fc from "fast-check";
import { expect, test } from "vitest";
import { anyText } from "../../../spec/src/testing.js";
import { readRecording } from "./read-recording.js";
import { Recorder } from "./recorder.js";
import { eventLines, headLine } from "./recording-lines.js";
import { append, changes, joined, message, opened } from "./testing/events.js";

const HEAD = headLine();

const textOf = (events: readonly TapEvent[]): string =>
  HEAD + events.flatMap((event) => [...eventLines(event)]).join("");

/** What went wrong with a text, if anything. */
function errorOf(text: string): DeltawireError | undefined {
  try {
    readRecording(text);
    return undefined;
  } catch (error) {
    if (error instanceof DeltawireError) return error;
    throw error;
  }
}

const state = (count: number, text: string): ChannelState =>
  ChannelState.of("e", {
    seq: 7,
    earlier: 3,
    attributes: { title: "a title" },
    closed: { reason: "done" },
    messages: Array.from({ length: count }, (_, i) =>
      Message.of({
        ...{ id: `m${i}`, generation: 0, role: "assistant", status: "streaming" },
        parts: [
          { id: "text", kind: "text", text },
          { id: "output", kind: "bytes", bytes: new Uint8Array([0, 255, i]) },
        ],
      }),
    ),
  });

const lost: TapEvent = {
  ...{ type: "lost", at: 9, connection: 1, transport: "http", code: 1006, retryAfter: 250 },
  error: new DeltawireError("connection_lost", "it was cut", { path: "/a", channel: "c" }),
};

const unreadable: TapEvent = {
  ...{ type: "message", at: 3.25, connection: 2, direction: "received", frame: undefined },
  message: "{ is no JSON",
  error: new DeltawireError("malformed", "not JSON"),
};

const packed: TapEvent = {
  ...{ type: "message", at: 4, connection: 2, direction: "received" },
  message: new Uint8Array([0x05, 0x68, 0x69]),
  frame: changes(4, append(0, "hi")),
};

const address: TapEvent = {
  ...{ type: "message", at: 4, connection: 2, direction: "sent" },
  message: "/channels/c/events?request=1",
  frame: { type: "subscribe", channel: "c", request: 1 },
};

test("what is written is read again, event by event", () => {
  const events = [...joined("Hé𝒳"), unreadable, packed, address, lost];
  const recording = readRecording(textOf(events));
  expect(recording.events).toEqual(events);
  expect(recording).toMatchObject({ gone: { rows: 0, bytes: 0 }, isCut: false });
  expect(recording.origin).toBeCloseTo(performance.timeOrigin);
});

test("any bytes and any text pass", () => {
  const run = fc.property(fc.uint8Array({ maxLength: 40 }), anyText, (bytes, text) => {
    const head = { type: "message", at: 1, connection: 1, direction: "received" } as const;
    const frame = changes(0, append(0, text));
    const events: TapEvent[] = [{ ...head, message: bytes, frame }, message(2, "sent", frame)];
    expect(readRecording(textOf(events)).events).toEqual(events);
  });
  fc.assert(run, { numRuns: 50 });
});

test("a large state stands in several lines", () => {
  const channel = {
    type: "channel",
    at: 1,
    channel: "c",
    state: state(8, "x".repeat(70_000)),
  } as const;
  const lines = [...eventLines(channel)];
  expect(lines.length).toBeGreaterThan(1);
  const [read] = readRecording(HEAD + lines.join("")).events;
  const messages = read?.type === "channel" ? read.state.messages : [];
  expect(messages.map((each) => each.snapshot())).toEqual(
    channel.state.messages.map((each) => each.snapshot()),
  );
  expect(read).toMatchObject({ state: { seq: 7, earlier: 3, closed: { reason: "done" } } });

  const [first = "", ...rest] = lines;
  expect(readRecording(HEAD + first)).toMatchObject({ events: [], isCut: true });
  expect(errorOf(HEAD + first + [...eventLines(opened(1))].join("") + rest.join(""))?.message).toBe(
    'line 3: type is "opened", though more of a channel\'s state is to come',
  );
});

test("a last line that is cut off is told, and every other is whole", () => {
  const events = joined("Hello");
  const text = textOf(events);
  const last = text.lastIndexOf("\n", text.length - 2) + 1;
  for (let end = last + 1; end < text.length - 1; end += 7) {
    const { isCut, events: read } = readRecording(text.slice(0, end));
    expect([isCut, read]).toEqual([true, events.slice(0, -1)]);
  }
  expect(readRecording(text.slice(0, -1))).toMatchObject({ isCut: false, events });
  expect(errorOf(`${text.slice(0, -20)}\n${text.slice(last)}`)?.message).toBe("line 5 is no JSON");
});

test("what is gone is counted, and what the rest applies to is there", () => {
  const recorder = new Recorder(undefined, { notify: () => undefined, maxRows: 3 });
  for (const event of joined()) recorder.take(event);
  for (let i = 0; i < 9; i++) recorder.take(message(4, "received", changes(i, append(i, `${i}`))));
  const recording = readRecording([...recorder.lines()].join(""));
  expect(recording.gone).toEqual(recorder.gone);
  const again = new Recorder(recording, { notify: () => undefined });
  expect(again.row(0)).toMatchObject({ kind: "state", channel: "c", seq: 6 });
  expect(again.stateAt(0)?.message("m")?.text).toBe("012345");
  expect(again.stateAt(again.end - 1)?.message("m")?.text).toBe("012345678");
});

const line = (fields: object): string => `${HEAD}${JSON.stringify(fields)}\n`;
const head = { type: "message", at: 1, connection: 1, direction: "sent" };
const frame = { type: "ping", id: -1 };

test.each<[text: string, message: RegExp, path: string]>([
  ["", /line 1 is missing/, "#line=1"],
  ["nothing", /line 1 is no JSON/, "#line=1"],
  ["[]\n", /line 1 is no object/, "#line=1"],
  ['{"recording":"other"}\n', /recording is none of: deltawire/, "#line=1/recording"],
  ['{"recording":"deltawire","version":2}\n', /version 1, and this one is of 2/, "#line=1/version"],
  ['{"recording":"deltawire","version":1}\n', /gone is no object/, "#line=1/gone"],
  [`${HEAD}\n5\n`, /line 3 is no object/, "#line=3"],
  [line({ type: "other" }), /type is none of: message, opened, lost, channel/, "#line=2/type"],
  [line({ ...head, at: "1" }), /at is no number/, "#line=2/at"],
  [line({ ...head, connection: 1.5 }), /connection is no whole number/, "#line=2/connection"],
  [line({ ...head, direction: "up" }), /direction is none of: sent/, "#line=2/direction"],
  [line(head), /text is no text/, "#line=2/text"],
  [line({ ...head, base64: "é" }), /base64 is no base64/, "#line=2/base64"],
  [line({ ...head, text: "{" }), /text is no JSON/, "#line=2/text"],
  [
    line({ ...head, text: JSON.stringify(frame) }),
    /text\/id is wrong: .*number/,
    "#line=2/text/id",
  ],
  [line({ ...head, text: "", frame }), /frame\/id is wrong: .*number/, "#line=2/frame/id"],
  [line({ ...head, text: "", frame: { type: "x" } }), /frame\/type is wrong/, "#line=2/frame/type"],
  [line({ ...head, text: "", error: {} }), /error\/code is no text/, "#line=2/error/code"],
  [line({ ...head, type: "opened", transport: 1 }), /transport is none of/, "#line=2/transport"],
  [
    line({ type: "channel", at: 1, channel: "c", snapshot: frame }),
    /snapshot/,
    "#line=2/snapshot/id",
  ],
  [
    line({ type: "channel", at: 1, channel: "c", snapshot: { type: "ping" } }),
    /is not a snapshot/,
    "#line=2/snapshot",
  ],
])("what is wrong is told by line and field: %s", (text, message, path) => {
  const error = errorOf(text);
  expect(error?.message).toMatch(message);
  expect(error?.path).toBe(path);
});

test("whatever is read, there is a recording or a typed error", () => {
  const text = textOf([...joined("Hello"), lost, packed]);
  const run = fc.property(fc.nat(text.length), fc.nat(30), anyText, (at, removed, inserted) => {
    errorOf(text.slice(0, at) + inserted + text.slice(at + removed));
  });
  fc.assert(run, { numRuns: 500 });
});
