import { apply, ChannelState } from "@deltawire/protocol";
import { type Change, parseFrame } from "@deltawire/spec";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { anyJson, anyText } from "../../../spec/src/testing.js";
import { streamedChange, weightOf } from "./streamed-change.js";
import { weigh } from "./weight.js";

const parts = [
  { id: "text", kind: "text", text: "" },
  { id: "json", kind: "json", value: {} },
] as const;
const state = apply(ChannelState.of(""), {
  ...{ type: "changes", channel: "c", from: 0, to: 1 },
  changes: [{ type: "message_added", id: "m", generation: 0, role: "user", parts }],
});

const odd = fc.constantFrom<unknown>(undefined, null, -1, -0, 1.5, Number.NaN, "\ud800", [], {});
const text = fc.oneof({ weight: 6, arbitrary: anyText }, odd);
const number = fc.oneof({ weight: 6, arbitrary: fc.nat() }, odd);
const path = fc.oneof(
  { weight: 6, arbitrary: fc.constantFrom("", "/a", "/a/b", "x".repeat(4096)) },
  fc.constant("x".repeat(4097)),
  odd,
);
const splice = fc.record({ changed_offset: number, removed: number, text });
const operation = fc.oneof(
  fc.record({ op: fc.constant("splice"), path, changed_offset: number, removed: number, text }),
  fc.record({ op: fc.constantFrom("add", "replace"), path, value: fc.oneof(anyJson, odd) }),
  fc.record({ op: fc.constant("remove"), path, more: anyJson }),
  fc.record({ op: fc.constantFrom("test", 1), path, value: anyJson }),
);
const patch = fc.oneof(
  fc.record({
    type: fc.constant("json_patch"),
    part: fc.constantFrom("json", "none"),
    operations: fc.array(operation, { maxLength: 4 }),
  }),
  fc.record({
    type: fc.constant("text_splice"),
    part: fc.constantFrom("text", "none"),
    splices: fc.array(splice, { minLength: 1, maxLength: 2 }),
  }),
);

describe("a change that passes without the gate", () => {
  it("is the copy that the gate makes, and weighs what it weighs", () => {
    let streamed = 0;
    fc.assert(
      fc.property(patch, (one) => {
        const given = { type: "message_patch", id: "m", parts: [one] } as unknown as Change; // or none
        const change = streamedChange(given, state);
        if (!change) return;
        streamed += 1;
        const frame = { type: "changes", channel: "c", from: 1, to: 2, changes: [given] };
        expect({ ...frame, changes: [change] }).toEqual(parseFrame(frame, "bin"));
        expect(weightOf(change)).toBe(weigh(change));
      }),
      { numRuns: 2000 },
    );
    expect(streamed).toBeGreaterThan(200);
  });
});
