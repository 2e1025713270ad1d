import { apply, ChannelState, Composition } from "@deltawire/protocol";
import type { Change, JsonValue } from "@deltawire/spec";
import { describe, expect, test } from "vitest";
import { ChangeFeed } from "./change-feed.js";

const BIG = 100_000;

const added = (id: string, text: string): Change => ({
  type: "message_added",
  id,
  generation: 0,
  role: "r",
  parts: [{ id: "text", kind: "text", text }],
});

const patch = (...parts: (Change & { type: "message_patch" })["parts"] & object): Change => ({
  type: "message_patch",
  id: "m",
  parts,
});

const value = (i: number): JsonValue => ({ filler: String(i % 10).repeat(BIG) });

/** What may happen for ever while the state stays as large as it is: the i-th of it. */
const churns: Readonly<Record<string, (i: number) => Change>> = {
  "a text that is replaced": (i) =>
    patch({
      type: "text_splice",
      part: "text",
      splices: [{ changed_offset: 0, removed: BIG, text: String(i % 10).repeat(BIG) }],
    }),
  "bytes that scroll": (i) =>
    patch({
      type: "bytes_patch",
      part: "bytes",
      trimmed: i === 0 ? 0 : BIG,
      appended: new Uint8Array(BIG),
    }),
  "items of a list in a part that come and go": (i) =>
    patch({
      type: "json_patch",
      part: "json",
      operations: [
        i % 2 === 0
          ? { op: "add", path: "/list/0", value: value(i) }
          : { op: "remove", path: "/list/0" },
      ],
    }),
  "attributes of a message": (i) => ({
    type: "message_patch",
    id: "m",
    attributes: [
      i % 2 === 0 ? { op: "add", path: "/a", value: value(i) } : { op: "remove", path: "/a" },
    ],
  }),
  "attributes of the channel": (i) => ({
    type: "channel_patch",
    attributes: [
      i % 2 === 0 ? { op: "add", path: "/a", value: value(i) } : { op: "remove", path: "/a" },
    ],
  }),
  "messages that come and go": (i) =>
    i % 2 === 0
      ? added(`${i}${"x".repeat(200)}`, "y".repeat(BIG))
      : { type: "message_removed", id: `${i - 1}${"x".repeat(200)}` },
  "parts that come and go": (i) =>
    i % 2 === 0
      ? patch({
          type: "part_inserted",
          content: { id: `p${i}`, kind: "text", text: "y".repeat(BIG) },
          before: "text",
        })
      : patch({ type: "part_removed", part: `p${i - 1}` }),
};

describe("a reader that does not read", () => {
  test.each(Object.entries(churns))("%s: what waits is bounded by the state", async (_, churn) => {
    const begin: Change[] = [
      added("m", "x".repeat(BIG)),
      patch(
        {
          type: "part_inserted",
          content: { id: "bytes", kind: "bytes", bytes: new Uint8Array(0) },
        },
        { type: "part_inserted", content: { id: "json", kind: "json", value: { list: [] } } },
      ),
    ];
    const frame = (seq: number, changes: readonly Change[]) =>
      ({ type: "changes", channel: "c", from: seq, to: seq + 1, changes }) as const;
    let state = apply(ChannelState.of("e"), frame(0, begin));
    const feed = new ChangeFeed(
      () => undefined,
      () => Composition,
    );
    feed.reset(state, "initial");
    await feed.next();
    for (let i = 0; i < 401; i++) {
      const changes = [churn(i)];
      state = apply(state, frame(state.seq, changes));
      feed.push(changes, state);
    }
    const { value: event } = await feed.next();
    expect(event).toEqual({ type: "reset", reason: "snapshot", state }); // nothing else waited
  });
});
