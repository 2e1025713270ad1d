import type { TapEvent } from "@deltawire/client";
import type { Change, Frame, PartChange } from "@deltawire/spec";
import { describe, expect, test } from "vitest";
import { FrameReader, type FrameRow } from "./frame-reader.js";

const opened = (transport: "websocket" | "http"): TapEvent => ({
  type: "opened",
  at: 0,
  connection: 1,
  transport,
});

const passed = (
  frame: Frame | undefined,
  message: string | Uint8Array = "x",
  direction: "sent" | "received" = "received",
): TapEvent => ({ type: "message", at: 1, connection: 1, direction, message, frame });

const changes = (from: number, to: number, ...list: Change[]): Frame => ({
  type: "changes",
  channel: "demo",
  from,
  to,
  changes: list,
});

const patch = (...parts: PartChange[]): Change => ({ type: "message_patch", id: "m", parts });

const splice = (changed_offset: number, removed: number, text: string): PartChange => ({
  type: "text_splice",
  part: "text",
  splices: [{ changed_offset, removed, text }],
});

const snapshot: Frame = {
  type: "snapshot",
  channel: "demo",
  request: 1,
  epoch: "e",
  seq: 4,
  messages: [
    {
      id: "m",
      generation: 0,
      role: "assistant",
      status: "streaming",
      parts: [{ id: "text", kind: "text", text: "Hello" }],
    },
  ],
};

function readAll(...events: TapEvent[]): FrameRow[] {
  const reader = new FrameReader();
  return events.flatMap((event, i) => reader.read(event, i + 1) ?? []);
}

describe("FrameReader", () => {
  test("tells what is added at the end from what is edited, as the text grows and shrinks", () => {
    const rows = readAll(
      passed(snapshot),
      passed(changes(4, 5, patch(splice(5, 0, ", world")))),
      passed(changes(5, 6, patch(splice(0, 5, "Bye")))),
      passed(changes(6, 7, patch(splice(10, 0, "!")))),
      passed(changes(7, 8, patch(splice(10, 0, "?")))),
    );
    expect(rows.map(({ kind }) => kind)).toEqual(["snapshot", "append", "edit", "append", "edit"]);
    expect(rows.map(({ text }) => text)).toEqual([
      "1 message at version 4",
      '", world"',
      '−5 at 0, "Bye"',
      '"!"',
      '"?"',
    ]);
  });

  test("counts a WebSocket frame's header and mask, and none over HTTP", () => {
    const sizeOf = (length: number, direction: "sent" | "received") =>
      readAll(opened("websocket"), passed(undefined, new Uint8Array(length), direction))[1]?.size;
    expect([0, 125, 126, 65_535, 65_536].map((length) => sizeOf(length, "received"))).toEqual([
      2, 127, 130, 65_539, 65_546,
    ]);
    expect(sizeOf(10, "sent")).toBe(16);
    const [, row] = readAll(opened("http"), passed(undefined, "ä"));
    expect(row?.size).toBe(2);
  });

  test("says why a frame is as it is", () => {
    const caughtUp = { ...changes(4, 90), request: 2 } as Frame;
    const rows = readAll(
      passed(changes(0, 1)),
      passed(changes(1, 4)),
      passed(caughtUp),
      passed(snapshot),
    );
    expect(rows.map(({ reason }) => reason)).toEqual([
      "",
      "3 versions in one",
      "caught up 86 versions",
      "joined",
    ]);
    expect(rows.map(({ versions }) => versions)).toEqual([1, 3, 86, 0]);
  });

  test("names a frame of several changes by the rarest", () => {
    const tool: PartChange = { type: "json_patch", part: "tool-1", operations: [] };
    const [, row] = readAll(
      passed(snapshot),
      passed(changes(4, 5, patch(splice(5, 0, "x"), tool))),
    );
    expect(row?.kind).toBe("tool");
  });

  test("keeps a little of what is large", () => {
    const long = "x".repeat(100_000);
    const [row] = readAll(passed(changes(0, 1, patch(splice(0, 0, long))), long));
    expect(row?.text.length).toBeLessThan(200);
    expect(row?.head).toHaveLength(6);
    expect(row?.head.buffer.byteLength).toBe(6);
  });
});
