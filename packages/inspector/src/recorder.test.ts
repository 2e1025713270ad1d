import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import type { TapEvent } from "@deltawire/client";
import { createCodec, MessagePack } from "@deltawire/protocol";
import { type Change, DeltawireError, type Frame, SUBPROTOCOLS } from "@deltawire/spec";
import { expect, test, vi } from "vitest";
import { Recorder, type RecorderOptions } from "./recorder.js";
import type { Row } from "./row.js";
import { append, changes, joined, message, opened } from "./testing/events.js";

function record(events: readonly TapEvent[], options: RecorderOptions = {}): Recorder {
  const recorder = new Recorder(undefined, { notify: () => undefined, ...options });
  for (const event of events) recorder.take(event);
  return recorder;
}

const rowsOf = (recorder: Recorder): Row[] =>
  Array.from({ length: recorder.end - recorder.first }, (_, i) =>
    recorder.row(i + recorder.first),
  ).filter((row) => row !== undefined);

test.each<[name: string, asked: Frame, answer: Frame]>([
  ["hello", { type: "hello", version: 1 }, { type: "welcome", version: 1, durability: "memory" }],
  ["ping", { type: "ping", id: 7 }, { type: "pong", id: 7 }],
  [
    "produce",
    { type: "produce", channel: "c", producer: "p" },
    { type: "producing", channel: "c", producer: "p", epoch: "e", seq: 0, token: 1 },
  ],
  ["changes", changes(4), { type: "ack", channel: "c", seq: 5 }],
  [
    "command",
    { type: "command", channel: "c", id: "x", name: "stop" },
    { type: "command_result", channel: "c", id: "x", status: "done" },
  ],
  [
    "history",
    { type: "history", channel: "c", request: 3, before: "m", last: 5 },
    { type: "history_page", channel: "c", request: 3, epoch: "e", seq: 0, messages: [] },
  ],
  [
    "subscribe, refused",
    { type: "subscribe", channel: "c", request: 3 },
    { type: "error", channel: "c", request: 3, code: "forbidden", message: "no" },
  ],
])("an answer knows its question and how long it took: %s", (_, asked, answer) => {
  const recorder = record([
    opened(0),
    message(10, "sent", asked),
    message(11, "received", { type: "ping", id: 7 }), // that of the other side is another question
    message(35, "received", answer),
    message(40, "received", answer),
  ]);
  expect(recorder.row(3)).toMatchObject({ latency: 25, answers: 1 });
  expect(recorder.row(4)).toMatchObject({ latency: undefined, answers: undefined });
});

test("subscribe is answered twice, and nothing is over a connection that is lost", () => {
  const recorder = record(joined());
  expect(rowsOf(recorder).map(({ latency }) => latency)).toEqual([undefined, undefined, 1, 2]);
  const [first, ask, ...answers] = joined();
  const error = new DeltawireError("connection_lost", "it was cut");
  const lost = { type: "lost", at: 2, connection: 1, transport: "websocket", code: 1006 } as const;
  const other = record([first, ask, { ...lost, error }, opened(3), ...answers].filter(isEvent));
  expect(rowsOf(other).every(({ latency }) => latency === undefined)).toBe(true);
});

const isEvent = (event: TapEvent | undefined): event is TapEvent => event !== undefined;

test("an acknowledgement answers the last of the changes that it is of", () => {
  const sent = [4, 5, 6].map((from) => message(from, "sent", changes(from)));
  const ack = (at: number, seq: number) =>
    message(at, "received", { type: "ack", channel: "c", seq });
  const recorder = record([opened(0), ...sent, ack(20, 6), ack(30, 7)]);
  expect(recorder.row(4)).toMatchObject({ answers: 2, latency: 15 });
  expect(recorder.row(5)).toMatchObject({ answers: 3, latency: 24 });
});

test.each<[string, Change[], string]>([
  ["one append", [append(0, "a")], "live"],
  ["two places of one part", [twoPlaces()], "live"],
  ["two messages", [append(0, "a"), append(0, "b", "n")], "throttled"],
  ["a text and a status", [{ ...append(0, "a"), status: "interrupted" } as Change], "throttled"],
  ["a text and its end", [append(0, "a"), removed()], "throttled"],
])("changes of %s are %s", (_, list, reason) => {
  const added: Change = {
    ...{ type: "message_added", id: "n", generation: 0, role: "a" },
    parts: [{ id: "text", kind: "text", text: "" }],
  };
  const recorder = record([
    ...joined("0123456789"),
    message(4, "received", changes(0, added)),
    message(5, "received", changes(1, ...list)),
    message(6, "sent", changes(1, ...list)),
  ]);
  expect(recorder.row(5)?.reason).toBe(reason);
  expect(recorder.row(6)?.reason).toBe(reason);
});

function twoPlaces(): Change {
  const splices = [0, 5].map((changed_offset) => ({ changed_offset, removed: 1, text: "x" }));
  const parts = [{ type: "text_splice", part: "text", splices }] as const;
  return { type: "message_patch", id: "m", parts };
}

function removed(): Change {
  return { type: "message_removed", id: "n" };
}

test("live changes that skip versions were held back for a slow reader", () => {
  const skip = { ...changes(0, append(0, "a")), to: 3 };
  const recorder = record([...joined(), message(4, "received", skip)]);
  expect(recorder.row(4)).toMatchObject({ reason: "caught_up", from: 0, seq: 3 });
});

test("sizes count the WebSocket header, and totals what is content and what is not", () => {
  const text = "é".repeat(100);
  const recorder = record([...joined(), message(4, "received", changes(0, append(0, text)))]);
  const row = recorder.row(4);
  const raw = row?.event.type === "message" ? String(row.event.message) : "";
  expect(row?.size).toBe(new TextEncoder().encode(raw).length + 4);
  expect(row?.content).toBe(200);
  const { received, sent, joins, overhead } = recorder.totals("c") ?? {};
  expect(received).toMatchObject({ frames: 3, content: 200 });
  expect(received?.kinds.get("changes")).toEqual({ frames: 1, bytes: row?.size });
  expect(sent).toMatchObject({ frames: 1, bytes: recorder.row(1)?.size });
  expect(overhead).toBe((received?.bytes ?? 0) + (sent?.bytes ?? 0) - 200);
  expect(joins).toBe(1);
});

test.each([
  [125, 2 + 125, 6 + 125],
  [126, 4 + 126, 8 + 126],
  [65_536, 10 + 65_536, 14 + 65_536],
])(
  "a message of %i bytes takes %i, and %i from a client, who masks it",
  (length, server, client) => {
    const event = (direction: "sent" | "received"): TapEvent => ({
      ...{ type: "message", at: 1, connection: 1, direction, frame: undefined },
      message: new Uint8Array(length).fill(1),
    });
    const recorder = record([opened(0), event("received"), event("sent")]);
    expect([recorder.row(1)?.size, recorder.row(2)?.size]).toEqual([server, client]);
  },
);

test("no row holds a token, and its size is what it was", () => {
  const hello: Frame = { type: "hello", version: 1, token: "a-secret" };
  for (const subprotocol of Object.values(SUBPROTOCOLS)) {
    const [raw = ""] = createCodec(subprotocol).encode(hello);
    const told: TapEvent = {
      ...{ type: "message", at: 1, connection: 1, direction: "sent", frame: hello },
      message: raw,
    };
    const recorder = record([opened(0), told]);
    const row = recorder.row(1);
    const shown = row?.event.type === "message" ? row.event.message : "";
    expect(row?.frame).toEqual({ ...hello, token: "********" });
    expect(shown.length).toBe(raw.length);
    const value = typeof shown === "string" ? JSON.parse(shown) : MessagePack.unpack(shown);
    expect(value).toEqual(row?.frame);
    expect([...recorder.lines()].join("")).not.toContain("a-secret");
  }
});

test("a select is of the channel that it names, and then of its number", () => {
  const codec = createCodec(SUBPROTOCOLS.msgpack);
  const events: TapEvent[] = [opened(0)];
  for (const channel of ["a", "b", "a"]) {
    const frame: Frame = { type: "unsubscribe", channel };
    for (const [i, raw] of codec.encode(frame).entries()) {
      const head = { type: "message", at: 1, connection: 1, direction: "sent" } as const;
      events.push({ ...head, message: raw, frame: i > 0 ? frame : undefined });
    }
  }
  const selects = rowsOf(record(events)).filter(({ kind }) => kind === "select");
  expect(selects.map(({ channel }) => channel)).toEqual(["a", "b", "a"]);
});

test("what was written here has states of its own", () => {
  const added: Change = {
    ...{ type: "message_added", id: "m", generation: 0, role: "a" },
    parts: [{ id: "text", kind: "text", text: "Hello" }],
  };
  const recorder = record([
    opened(0),
    message(1, "sent", changes(0, added)),
    message(2, "sent", changes(1, append(5, " world"))),
    message(3, "sent", changes(7, append(0, "of before"))), // a version that is not known
    message(4, "sent", changes(8, { ...added, id: "n" })),
  ]);
  const textAt = (row: number, id = "m") => recorder.stateAt(row)?.message(id)?.text;
  expect([textAt(1), textAt(2), textAt(3), textAt(4), textAt(4, "n")]).toEqual([
    ...["Hello", "Hello world", undefined, undefined, "Hello"],
  ]);
  expect(recorder.row(3)?.reason).toBe("resent");
  expect(recorder.versions("c")).toBe(recorder.versions("c", "written"));
});

test("a step shares what it did not change", () => {
  const other: Change = { type: "message_added", id: "n", generation: 0, role: "a", parts: [] };
  const events = [...joined("a"), message(4, "received", changes(0, other))];
  for (let i = 1; i < 200; i++) events.push(message(4 + i, "received", changes(i, append(i, "x"))));
  const recorder = record(events);
  for (const row of [5, 66, 67, 68, 69, 120, 203]) {
    const { before, after } = recorder.stepAt(row);
    expect(after?.seq).toBe(Number(before?.seq) + 1);
    expect(after?.message("n")).toBe(before?.message("n"));
    expect(after?.message("m")).not.toBe(before?.message("m"));
  }
  const { before, after } = recorder.stepAt(2);
  expect(before).toBe(after);
});

test("listeners are told of many rows at once", () => {
  const runs: (() => void)[] = [];
  const recorder = new Recorder(undefined, { notify: (run) => runs.push(run) });
  const listener = vi.fn();
  const stop = recorder.subscribe(listener);
  for (const event of joined()) recorder.take(event);
  expect(runs).toHaveLength(1);
  runs[0]?.();
  expect(listener).toHaveBeenCalledOnce();
  recorder.clear();
  expect(runs).toHaveLength(2);
  expect([recorder.first, recorder.end, recorder.gone.rows]).toEqual([4, 4, 4]);
  expect(recorder.stateAt(3, "c")?.message("m")).toBeDefined();
  stop();
  recorder.take(opened(9));
  expect(runs).toHaveLength(2);
});

test("bounds count rows and bytes, the oldest go first, and a large one leaves room again", () => {
  const events = [...joined(), message(4, "received", changes(0, append(0, "x".repeat(5000))))];
  for (let i = 1; i < 20; i++) events.push(message(4 + i, "received", changes(i, append(0, "x"))));
  const recorder = record(events, { maxBytes: 4000 });
  expect(recorder.first).toBeGreaterThan(4);
  expect(recorder.gone.bytes).toBeGreaterThan(5000);
  expect(recorder.row(recorder.first - 1)).toBeUndefined();
  expect(recorder.stateAt(recorder.first)?.message("m")?.text).toHaveLength(
    5000 + recorder.first - 4,
  );
  expect(() => new Recorder(undefined, { maxRows: 0 })).toThrow(RangeError);
});

const ROWS = 100_000;

test("L36: a row costs the same however many there are, and so does looking one up", () => {
  let reads = 0;
  const counted = (from: number): TapEvent => {
    const list = [append(from, "x")];
    const frame: Frame = {
      ...{ type: "changes", channel: "c", from, to: from + 1 },
      get changes() {
        reads += 1;
        return list;
      },
    };
    const head = { type: "message", at: from, connection: 1, direction: "received" } as const;
    return { ...head, message: "x", frame };
  };
  const recorder = record(joined());
  const costs: number[] = [];
  for (let i = 0; i < ROWS; i++) {
    const before = reads;
    recorder.take(counted(i));
    costs.push(reads - before);
  }
  expect(recorder.end).toBe(ROWS + 4);
  expect(recorder.row(ROWS)?.seq).toBe(ROWS - 3);
  expect(Math.max(...costs.slice(0, 100))).toBe(Math.max(...costs.slice(-1000)));
  for (const row of [10, 5000, 77_777, ROWS]) {
    const before = reads;
    expect(recorder.stateAt(row)?.seq).toBe(row - 3);
    expect(recorder.stateAt(row + 1)?.seq).toBe(row - 2);
    expect(reads - before).toBeLessThanOrEqual(64);
  }
});

test("memory does not grow once the bound is reached", () => {
  setFlagsFromString("--expose-gc");
  const gc = runInNewContext("gc") as () => void;
  const recorder = record(joined(), { maxRows: 10_000 });
  const held = (): number => {
    gc();
    return process.memoryUsage().heapUsed;
  };
  const feed = (from: number, to: number) => {
    for (let i = from; i < to; i++) {
      recorder.take(message(i, "received", changes(i, append(i, "x"))));
    }
  };
  feed(0, 15_000);
  const full = held();
  feed(15_000, 60_000);
  expect(held() - full).toBeLessThan(4 * 1024 * 1024);
  expect(recorder.end - recorder.first).toBe(10_000);
});
