import type { JsonOperation, JsonValue } from "@deltawire/spec";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { anyJson, anyText } from "../../../spec/src/testing.js";
import { applyOperation, applyOperations, type Sized } from "./json-apply.js";
import { addOperations } from "./json-compose.js";
import { diffJson, equalJson } from "./json-diff.js";
import { sizeOf } from "./size.js";
import { operated } from "./testing/model.js";
import { operations } from "./testing/script.js";

const value = anyJson as fc.Arbitrary<JsonValue>;
const edit = fc.record({
  do: fc.constant("json" as const),
  n: fc.array(fc.nat({ max: 1000 }), { minLength: 2, maxLength: 6 }),
  value,
  text: anyText,
});

const sized = (of: JsonValue): Sized => ({ value: of, size: sizeOf(of) });
const applied = (start: JsonValue, list: readonly JsonOperation[]): Sized =>
  list.reduce(applyOperation, sized(start));

/** A value, and operations that are legal on it one after the other. */
const history = fc
  .tuple(value, fc.array(edit, { minLength: 1, maxLength: 30, size: "max" }))
  .map(([start, edits]) => {
    let current = start;
    const list: JsonOperation[] = [];
    for (const one of edits) {
      const next = operations(current, one, false);
      current = operated(current, next);
      list.push(...next);
    }
    return { start, list, end: current };
  });

describe("JSON operations", () => {
  it("are the same in one list, and leave alone what they begin with and what they hold", () => {
    fc.assert(
      fc.property(history, ({ start, list, end }) => {
        const before = JSON.stringify([start, list]);
        expect(applyOperations(sized(start), list, "")).toEqual(sized(end));
        const wrong = [...list, { op: "remove", path: "/no/where" } as const];
        expect(() => applyOperations(sized(start), wrong, "")).toThrow("/no/where");
        expect(JSON.stringify([start, list])).toBe(before);
      }),
    );
    const value = { deep: { list: [1] } };
    const list: JsonOperation[] = [
      { op: "add", path: "/a", value },
      { op: "add", path: "/a/deep/list/-", value: 2 },
      { op: "replace", path: "/a/deep", value: 0 },
    ];
    expect(applyOperations(sized({}), list, "").value).toEqual({ a: { deep: 0 } });
    expect(value).toEqual({ deep: { list: [1] } });
  });

  it("do what RFC 6902 says, by another implementation, and keep the size", () => {
    fc.assert(
      fc.property(history, ({ start, list, end }) => {
        const result = applied(start, list);
        expect(result.value).toEqual(end);
        expect(result.size).toBe(sizeOf(end));
      }),
      { numRuns: 300 },
    );
  });

  it("compose, at any cut", () => {
    fc.assert(
      fc.property(history, fc.nat(), ({ start, list, end }, n) => {
        const cut = n % (list.length + 1);
        const composed = list.slice(0, cut);
        addOperations(composed, list.slice(cut));
        expect(applied(start, composed).value).toEqual(end);
        const one: JsonOperation[] = [];
        for (const next of list) addOperations(one, [next]);
        expect(applied(start, one).value).toEqual(end);
      }),
      { numRuns: 500 },
    );
  });

  it("diff of any two values leads from the one to the other", () => {
    fc.assert(
      fc.property(value, value, (a, b) => {
        const result = applied(a, diffJson(a, b));
        expect(equalJson(result.value, b)).toBe(true);
        expect(result.value).toEqual(b);
        expect(diffJson(b, structuredClone(b))).toEqual([]);
      }),
      { numRuns: 300 },
    );
  });
});
