import { readFileSync } from "node:fs";
import { DeltawireError, type Filter, type JsonObject, parseFrame } from "@deltawire/spec";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { anyFilter, anyJson, anyObject } from "../../../spec/src/testing.js";
import { matcherOf } from "./filter.js";
import { applyToObject } from "./json-apply.js";
import { Message } from "./message.js";
import { pointerTo } from "./pointer.js";

interface FilterVector {
  readonly name: string;
  readonly filter: Filter;
  readonly messages: readonly { readonly id: string; readonly role: string }[];
  readonly result: readonly string[];
}

interface RefusedVector {
  readonly name: string;
  readonly filter: unknown;
  readonly error: { readonly code: string; readonly path: string };
}

const path = new URL("../../../spec/vectors/filters.json", import.meta.url);
const vectors: { filters: FilterVector[]; refused: RefusedVector[] } = JSON.parse(
  readFileSync(path, "utf8"),
);

const subscribe = (filter: unknown) =>
  parseFrame({ type: "subscribe", channel: "c", request: 1, filter }, "base64");

const messageOf = (message: { readonly id: string; readonly role: string }): Message =>
  Message.of({ generation: 0, parts: [], ...message });

const anyMessage = fc
  .record({
    id: fc.constantFrom("a", "b"),
    role: fc.constantFrom("user", "assistant", ""),
    kind: fc.option(fc.constantFrom("a", "b"), { nil: undefined }),
    attributes: anyObject.map((value) => value as JsonObject), // made of JSON
  })
  .map(({ kind, ...rest }) => messageOf({ ...rest, ...(kind !== undefined && { kind }) }));

describe("filter vectors", () => {
  it.each(vectors.filters)("$name", ({ filter, messages, result }) => {
    expect(subscribe(filter)).toMatchObject({ filter });
    const { matches } = matcherOf(filter);
    const held = messages.map(messageOf).filter(matches);
    expect(held.map(({ id }) => id)).toEqual(result);
  });

  it.each(vectors.refused)("refuses $name", ({ filter, error }) => {
    try {
      subscribe(filter);
    } catch (thrown) {
      const { code, path: at } = thrown instanceof DeltawireError ? thrown : expect.fail();
      expect({ code, path: at }).toEqual({ code: error.code, path: `/filter${error.path}` });
      return;
    }
    expect.fail("it was taken");
  });
});

describe("a filter", () => {
  it("holds by the laws of and, or and not", () => {
    fc.assert(
      fc.property(anyFilter, anyFilter, anyMessage, (a, b, message) => {
        const holds = (filter: Filter) => matcherOf(filter).matches(message);
        expect(holds({ not: a })).toBe(!holds(a));
        expect(holds({ any: [a, b] })).toBe(holds(a) || holds(b));
        const { not, ...rest } = a;
        expect(holds(a)).toBe(holds(rest) && (not === undefined || !holds(not)));
        const alone = Object.entries(a).map(([name, value]) => holds({ [name]: value }));
        expect(holds(a)).toBe(alone.every(Boolean));
      }),
    );
  });

  it("of lists holds where one of its entries does", () => {
    fc.assert(
      fc.property(anyMessage, fc.array(fc.constantFrom("a", "b", "c")), (message, list) => {
        const one = (filter: Filter) => matcherOf(filter).matches(message);
        expect(one({ kind: list })).toBe(list.some((kind) => one({ kind })));
        expect(one({ id: list })).toBe(list.some((id) => one({ id })));
        const at = (test: string | string[]): Filter => ({ attributes: { "/a": test } });
        expect(one(at(list))).toBe(list.some((text) => one(at(text))));
      }),
    );
  });

  it("changes its mind by no operation that it does not read", () => {
    const keys = fc.constantFrom("a", "b", "0", "1", "-");
    const place = fc.array(keys, { maxLength: 3 }).map((all) => all.reduce(pointerTo, ""));
    const value = fc.oneof(anyJson, fc.constantFrom({ a: [{ b: 1 }, 2], b: { 0: "x" } }, [1, [2]]));
    const operation = fc.oneof(
      fc.record({ op: fc.constantFrom("add" as const, "replace" as const), path: place, value }),
      fc.record({ op: fc.constant("remove" as const), path: place }),
    );
    const test = fc.oneof(
      fc.boolean().map((exists) => ({ exists })),
      fc.constantFrom(1, 2, "x"),
    );
    const filters = fc.dictionary(place, test, { minKeys: 1, maxKeys: 2 });
    let unread = 0;
    fc.assert(
      fc.property(filters, fc.array(operation, { maxLength: 3 }), (attributes, operations) => {
        const matcher = matcherOf({ attributes });
        let held: JsonObject = { a: [{ b: 1 }, 2, "x"], b: { 0: "x", 1: [1, 2] }, 0: [1, [2]] };
        for (const each of operations) {
          let next = held;
          try {
            next = applyToObject(held, [each as Parameters<typeof applyToObject>[1][0]]).value;
          } catch (error) {
            if (!(error instanceof DeltawireError)) throw error;
          }
          const of = (to: JsonObject) =>
            matcher.matches({ id: "m", role: "r", kind: undefined, attributes: to });
          const reads = matcher.readsWhat(each as Parameters<typeof matcher.readsWhat>[0]);
          if (next !== held && !reads) {
            unread += 1;
            expect(of(next)).toBe(of(held));
          }
          held = next;
        }
      }),
      { numRuns: 500 },
    );
    expect(unread).toBeGreaterThan(50);
  });
});
