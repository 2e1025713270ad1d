import {
  type Change,
  type ChangesFrame,
  DeltawireError,
  type JsonValue,
  type MessageAdded,
  type PartChange,
  type PartContent,
} from "@deltawire/spec";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { apply, applyChanges } from "./apply.js";
import { ChannelState } from "./channel-state.js";
import { anyBatches } from "./testing/edits.js";
import { refusal } from "./testing/refusal.js";
import { plain, run } from "./testing/script.js";

const text = (id: string, content: string): PartContent => ({ id, kind: "text", text: content });
const json = (id: string, value: JsonValue): PartContent => ({ id, kind: "json", value });
const added = (id: string, ...parts: PartContent[]): MessageAdded => ({
  type: "message_added",
  id,
  generation: 0,
  role: "assistant",
  parts,
});
const patch = (id: string, ...parts: PartChange[]): Change => ({
  type: "message_patch",
  id,
  parts,
});
const state = (...changes: Change[]): ChannelState => applyChanges(ChannelState.of("e"), changes);

interface Value {
  readonly left: unknown;
  readonly right: { readonly list: readonly unknown[] };
}

describe("structural sharing", () => {
  const before = state(
    added("a", text("t", "one"), json("j", { left: { deep: [1] }, right: { list: [{}, {}] } })),
    added("b", text("t", "two")),
    { type: "channel_patch", attributes: [{ op: "add", path: "/x", value: { y: 1 } }] },
  );

  it("keeps every message, part and subtree that a change does not touch", () => {
    const after = applyChanges(before, [
      patch("a", {
        type: "json_patch",
        part: "j",
        operations: [{ op: "add", path: "/right/list/1/k", value: 1 }],
      }),
    ]);
    expect(after.message("b")).toBe(before.message("b"));
    expect(after.attributes).toBe(before.attributes);
    expect(after.message("a")?.part("t")).toBe(before.message("a")?.part("t"));
    expect(after.message("a")?.attributes).toBe(before.message("a")?.attributes);
    const [old, now] = [before, after].map((one) => {
      const part = one.message("a")?.part("j");
      return part?.kind === "json" ? (part.value as unknown as Value) : expect.fail("no part");
    });
    expect(now?.left).toBe(old?.left);
    expect(now?.right).not.toBe(old?.right);
    const [first, second] = [now, old].map((one) => one?.right.list);
    expect(first?.[0]).toBe(second?.[0]);
    expect(first?.[1]).toEqual({ k: 1 });
    expect(second?.[1]).toEqual({});
  });

  it("gives the same state back for a change that changes nothing", () => {
    expect(applyChanges(before, [{ type: "message_removed", id: "x" }])).toBe(before);
    const final = applyChanges(before, [
      {
        type: "message_completed",
        id: "b",
        status: "cancelled",
        digests: before.message("b")?.digests() ?? [],
      },
    ]);
    const again: Change = { type: "message_completed", id: "b", status: "completed", digests: [] };
    expect(applyChanges(final, [again])).toBe(final);
  });

  it("leaves earlier states as they were, through any history", () => {
    fc.assert(
      fc.property(anyBatches(2, 20), (batches) => {
        let current = ChannelState.of("epoch-1");
        const taken: [ChannelState, unknown][] = [];
        for (const frame of run(batches).frames) {
          taken.push([current, structuredClone(plain(current))]);
          current = apply(current, frame);
        }
        for (const [one, copy] of taken) expect(plain(one)).toEqual(copy);
      }),
      { numRuns: 40 },
    );
  });
});

describe("a change that does not fit", () => {
  const start = state(added("m", text("t", "a😀"), json("j", { n: 1 })), added("done"));
  const final = applyChanges(start, [
    { type: "message_completed", id: "done", status: "failed", error: { code: "x" }, digests: [] },
  ]);
  const splice = (changed_offset: number, removed: number): PartChange => ({
    type: "text_splice",
    part: "t",
    splices: [{ changed_offset, removed, text: "" }],
  });

  it.each<readonly [string, Change, string, string]>([
    ["no message", patch("x"), "unknown_message", "/id"],
    ["a final message", patch("done"), "message_final", "/id"],
    ["a final message, stated", added("done"), "message_final", "/generation"],
    ["no part", patch("m", { type: "part_removed", part: "x" }), "unknown_part", "/parts/0/part"],
    [
      "a splice past the end",
      patch("m", splice(4, 0)),
      "offset_out_of_range",
      "/parts/0/splices/0/changed_offset",
    ],
    [
      "a splice inside a pair",
      patch("m", splice(2, 1)),
      "inside_surrogate_pair",
      "/parts/0/splices/0/changed_offset",
    ],
    [
      "a JSON splice past the end",
      patch("m", {
        type: "json_patch",
        part: "j",
        operations: [
          { op: "replace", path: "/n", value: "" },
          { op: "splice", path: "/n", changed_offset: 1, removed: 0, text: "" },
        ],
      }),
      "offset_out_of_range",
      "/parts/0/operations/1/changed_offset",
    ],
    [
      "a forbidden key",
      {
        type: "channel_patch",
        attributes: [{ op: "add", path: "/constructor/prototype", value: 1 }],
      },
      "forbidden_key",
      "/attributes/0/path",
    ],
    [
      "a forbidden key in a value under the path",
      {
        type: "channel_patch",
        attributes: [{ op: "add", path: "/constructor", value: { prototype: 1 } }],
      },
      "forbidden_key",
      "/attributes/0/value/prototype",
    ],
    [
      "attributes that are a list",
      { type: "message_patch", id: "m", attributes: [{ op: "add", path: "", value: [] }] },
      "malformed",
      "/attributes",
    ],
    [
      "a wrong digest",
      { type: "message_completed", id: "m", status: "completed", digests: [] },
      "digest_mismatch",
      "/digests",
    ],
  ])("is an error with its place, and leaves the state alone: %s", (_, change, code, path) => {
    const before = structuredClone(plain(final));
    const good: Change = {
      type: "channel_patch",
      attributes: [{ op: "add", path: "/ok", value: 1 }],
    };
    const frame: ChangesFrame = {
      type: "changes",
      channel: "c",
      from: 0,
      to: 1,
      changes: [good, change],
    };
    expect(refusal(() => apply(final, frame))).toMatchObject({ code, path: `/changes/1${path}` });
    expect(plain(final)).toEqual(before);
  });

  it("is a gap, before anything else, where versions do not follow", () => {
    const frame: ChangesFrame = {
      type: "changes",
      channel: "c",
      from: 5,
      to: 6,
      changes: [patch("x")],
    };
    expect(refusal(() => apply(final, frame))).toMatchObject({
      code: "gap",
      path: "/from",
      channel: "c",
    });
  });

  it("is refused after the end of the channel", () => {
    const closed = applyChanges(start, [{ type: "channel_closed" }]);
    expect(refusal(() => applyChanges(closed, [added("n")]))?.code).toBe("channel_closed");
    expect(closed.closed).toEqual({});
  });

  it("passes on what is no error of the protocol", () => {
    const broken = { type: "dance" } as unknown as Change;
    expect(() => applyChanges(start, [broken])).toThrow(TypeError);
    expect(() => applyChanges(start, [broken])).not.toThrow(DeltawireError);
  });
});
