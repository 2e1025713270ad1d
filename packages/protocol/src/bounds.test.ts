import {
  type Change,
  type JsonValue,
  LIMITS,
  type MessageAdded,
  type PartChange,
  type PartContent,
} from "@deltawire/spec";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { applyChanges } from "./apply.js";
import { ChannelState } from "./channel-state.js";
import { Message } from "./message.js";
import { anyBatches } from "./testing/edits.js";
import { refusal } from "./testing/refusal.js";
import { run } from "./testing/script.js";

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

describe("bounds", () => {
  const limited = (step: () => unknown, limit: string): void => {
    const error = refusal(step);
    expect(error?.code).toBe("limit_exceeded");
    expect(error?.message).toContain(limit);
  };
  const nested = (depth: number): JsonValue => (depth === 0 ? 1 : [nested(depth - 1)]);

  it("of depth, counted from the root of the value that an operation edits", () => {
    const path = "/0".repeat(10);
    const deep = state(added("m", json("j", nested(11))));
    const put = (depth: number): Change =>
      patch("m", {
        type: "json_patch",
        part: "j",
        operations: [{ op: "replace", path, value: nested(depth) }],
      });
    expect(applyChanges(deep, [put(54)])).toBeDefined();
    limited(() => applyChanges(deep, [put(55)]), "max_depth");
  });

  it("of what operations make of a value, one small step after the other", () => {
    const chunk = "x".repeat(500_000);
    const grow = (n: number): Change =>
      patch("m", {
        type: "json_patch",
        part: "j",
        operations: [{ op: "add", path: `/${n}`, value: chunk }],
      });
    let grown = state(added("m", json("j", {})));
    for (let i = 0; i < 4; i++) grown = applyChanges(grown, [grow(i)]);
    limited(() => applyChanges(grown, [grow(4)]), "max_value_size");
    const attributes = (n: number): Change => ({
      type: "message_patch",
      id: "m",
      attributes: [{ op: "add", path: `/${n}`, value: chunk }],
    });
    for (let i = 0; i < 4; i++) grown = applyChanges(grown, [attributes(i)]);
    limited(() => applyChanges(grown, [attributes(4)]), "max_value_size");
  });

  it("of a message, its parts and a channel's messages", () => {
    const half = "x".repeat(LIMITS.max_message_size / 2);
    const big = state(added("m", text("a", half)));
    limited(
      () => applyChanges(big, [patch("m", { type: "part_inserted", content: text("b", half) })]),
      "max_message_size",
    );
    limited(
      () => applyChanges(big, [added("n", text("a", half), text("b", half))]),
      "max_message_size",
    );
    const parts = Array.from({ length: LIMITS.max_parts }, (_, i) => text(`p${i}`, ""));
    const full = state(added("m", ...parts));
    limited(
      () => applyChanges(full, [patch("m", { type: "part_inserted", content: text("p", "") })]),
      "max_parts",
    );
    const ids = Array.from({ length: LIMITS.max_messages }, (_, i) => `m${i}`);
    const messages = ids.map((id) => Message.of(added(id)));
    const crowded = ChannelState.of("e", { messages });
    limited(() => applyChanges(crowded, [added("n")]), "max_messages");
  });

  it("of sizes that are kept, through any history", () => {
    fc.assert(
      fc.property(anyBatches(2, 20), (batches) => {
        for (const { messages } of run(batches).states) {
          for (const message of messages) {
            const again = state(added("m", ...message.content().parts)).message("m");
            const bare = again?.withAttributes(message.attributes, 0);
            expect(message.parts.map(({ size }) => size)).toEqual(
              bare?.parts.map(({ size }) => size),
            );
            const { attributes } = message.content();
            const whole = state({
              ...added("m", ...message.content().parts),
              ...(attributes && { attributes }),
            });
            expect(message.size).toBe(whole.message("m")?.size);
          }
        }
      }),
      { numRuns: 40 },
    );
  });
});
