import { DeltawireError, LIMITS, parseFrame } from "@deltawire/spec";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { anyJson } from "../../../spec/src/testing.js";
import { CodecContext } from "./codec-context.js";
import { streamedPatch } from "./msgpack-streamed.js";
import { OPERATIONS, TUPLE } from "./msgpack-tuples.js";
import { changesOf } from "./msgpack-untuple.js";

/** What is about right at its place, and what is not. */
const long = (length: number) => `/${"x".repeat(length - 1)}`;
const odd = fc.constantFrom<unknown>(undefined, null, -1, -0, 1.5, Number.NaN, "", [], {}, true);
const rest = fc.constantFrom("/b", "/b/c", long(2048), long(2049));
const path = fc.oneof(
  { weight: 4, arbitrary: fc.constantFrom<unknown>("/a", "/a/b", "", long(4096), long(4097)) },
  fc.nat({ max: 3 }),
  fc.tuple(fc.nat({ max: 2 }), rest),
  odd,
);
const number = fc.oneof({ weight: 5, arbitrary: fc.nat({ max: 9 }) }, odd);
const code = fc.oneof({ weight: 9, arbitrary: fc.nat({ max: OPERATIONS.length - 1 }) }, odd);
const operation = fc.oneof(
  { weight: 3, arbitrary: fc.tuple(fc.constant(3), path, number, number, fc.string()) },
  { weight: 3, arbitrary: fc.tuple(fc.constantFrom(0, 2), path, anyJson) },
  fc.tuple(fc.constantFrom(1), path),
  fc.tuple(code, path, fc.oneof(number, anyJson), number, fc.oneof(odd, fc.string())),
  fc.tuple(code, path),
  odd,
);
const ordinal = fc.oneof({ weight: 9, arbitrary: fc.constantFrom(0, 1) }, odd);
const tuple = fc.oneof(
  fc
    .tuple(ordinal, fc.array(operation, { maxLength: 3 }))
    .map(([of, list]) => [TUPLE.json_patch, of, ...list]),
  fc
    .tuple(ordinal, number, number, fc.oneof(fc.string(), odd))
    .map(([of, ...splice]) => [TUPLE.text_splice, of, ...splice]),
);

function context(): CodecContext {
  const made = new CodecContext();
  made.number("m", "json", undefined);
  made.number("m", "text", 5);
  made.names.intern("/a/number");
  made.names.intern(long(2048));
  return made;
}

const outcomeOf = (read: () => unknown): unknown => {
  try {
    return read();
  } catch (error) {
    if (error instanceof DeltawireError) return error.code;
    throw error;
  }
};

const inside = ({ parts, names }: CodecContext): unknown => [[...parts], names.stated];

describe("a patch that is read without the gate", () => {
  it("is what the gate lets pass, and leaves the context as it would be", () => {
    let streamed = 0;
    fc.assert(
      fc.property(tuple, (one) => {
        const [fast, gated] = [context(), context()];
        const patch = outcomeOf(() => streamedPatch(fast, one));
        if (patch === undefined) {
          expect(inside(fast)).toEqual(inside(gated));
          return;
        }
        streamed += 1;
        const change = outcomeOf(() => {
          const frame = { type: "changes", channel: "c", from: 0, to: 1 };
          return parseFrame({ ...frame, changes: changesOf(gated, [one]) }, "bin");
        });
        expect(patch).toEqual(Object(change).changes?.[0] ?? change);
        expect(inside(fast)).toEqual(inside(gated));
      }),
      { numRuns: 2000 },
    );
    expect(streamed).toBeGreaterThan(200);
  });

  it("is no longer than any list", () => {
    const list = Array.from({ length: LIMITS.max_list_length + 1 }, () => [1, "/a"]);
    expect(streamedPatch(context(), [TUPLE.json_patch, 0, ...list])).toBeUndefined();
    expect(streamedPatch(context(), [TUPLE.json_patch, 0, ...list.slice(1)])).toBeDefined();
  });
});
