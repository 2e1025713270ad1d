import { crc32 as reference } from "node:zlib";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { anyText } from "../../../spec/src/testing.js";
import { Bytes } from "./bytes.js";
import { combineCrc32, crc32 } from "./crc32.js";
import { boundary } from "./testing/script.js";
import { Text } from "./text.js";

const utf8 = new TextEncoder();

/** Well-formed text of a length that takes several levels of the tree. */
const longText = fc
  .tuple(anyText, fc.constantFrom("a😀", "é漢", "line\n", "😀😁"), fc.nat({ max: 30_000 }))
  .map(([start, unit, length]) => start + unit.repeat(Math.ceil(length / unit.length)));

const edit = fc.record({
  from: fc.nat(),
  at: fc.double({ min: 0, max: 1, noNaN: true }),
  removed: fc.oneof(fc.nat({ max: 4 }), fc.nat({ max: 6000 })),
  text: fc.oneof({ weight: 4, arbitrary: anyText }, longText),
  act: fc.constantFrom("append", "splice", "splice", "read", "digest"),
});

function check(text: Text, model: string, at: number): void {
  expect(text.length).toBe(model.length);
  const near = Math.floor(at * model.length);
  for (const offset of [0, near - 1, near, near + 1, model.length]) {
    const inside = offset >= 0 && offset <= model.length;
    expect(text.isBoundary(offset)).toBe(inside && boundary(model, offset) === offset);
    if (offset >= 0 && offset < model.length) {
      expect(text.unitAt(offset)).toBe(model.charCodeAt(offset));
    }
  }
  for (const [start, end] of [
    [near, near + 5],
    [0, near],
    [near, model.length],
    [near, near],
  ] as const) {
    expect(text.slice(start, Math.min(end, model.length)) === model.slice(start, end)).toBe(true);
  }
}

describe("Text", () => {
  it("does what a string does, in every version that is still held", () => {
    fc.assert(
      fc.property(longText, fc.array(edit, { maxLength: 30, size: "max" }), (start, edits) => {
        const versions: [Text, string][] = [[Text.of(start), start]];
        for (const { from, at, removed, text, act } of edits) {
          const [old, model] = versions[Math.max(0, versions.length - 1 - (from % 3))]!;
          if (act === "read") expect(old.toString() === model).toBe(true);
          if (act === "digest") expect(old.crc32()).toBe(reference(model));
          if (act === "append") versions.push([old.append(text), model + text]);
          if (act === "splice") {
            const start = boundary(model, Math.floor(at * model.length));
            const end = boundary(model, Math.min(model.length, start + removed));
            const next = model.slice(0, start) + text + model.slice(end);
            versions.push([old.splice(start, end - start, text), next]);
          }
          const [text2, model2] = versions.at(-1)!;
          check(text2, model2, at);
        }
        for (const [text, model] of versions) {
          expect([...text.pieces()].join("") === model).toBe(true);
          expect(text.toString() === model).toBe(true);
          expect(text.crc32()).toBe(reference(model));
        }
      }),
      { numRuns: 60 },
    );
  });

  it("stays balanced under thousands of edits, and keeps its digest", () => {
    let text = Text.of("0123456789😀".repeat(20_000));
    let model = text.toString();
    let seed = 1;
    const next = (below: number) => {
      seed = (seed * 48_271) % 2_147_483_647;
      return seed % below;
    };
    for (let i = 0; i < 3000; i++) {
      const at = boundary(model, next(model.length));
      const end = boundary(model, Math.min(model.length, at + next(200)));
      const inserted = "x😁".repeat(next(60));
      text = text.splice(at, end - at, inserted);
      model = model.slice(0, at) + inserted + model.slice(end);
      if (i % 300 === 0) expect(text.crc32()).toBe(reference(model));
    }
    expect(text.toString() === model).toBe(true);
    expect(text.crc32()).toBe(reference(model));
  });

  it("remembers what it was told it reads", () => {
    expect(Text.of("ab").append("c").reads("abc").toString()).toBe("abc");
  });
});

describe("crc32", () => {
  it("is what zlib computes, whole and in halves", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), fc.uint8Array({ maxLength: 300 }), (a, b) => {
        const both = Uint8Array.from([...a, ...b]);
        expect(crc32(both)).toBe(reference(both));
        expect(combineCrc32(crc32(a), crc32(b), b.length)).toBe(reference(both));
      }),
    );
    expect(crc32(utf8.encode("123456789"))).toBe(0xcbf43926);
  });

  it("combines lengths beyond 32 bits of bits", () => {
    // A run of 2^29 zero bytes and more, doubled up from one: no memory of that size is needed.
    let crc = crc32(Uint8Array.of(0));
    let length = 1;
    for (; length < 2 ** 30; length *= 2) crc = combineCrc32(crc, crc, length);
    // zlib's crc32_combine gives the same for two gibibytes of zeros in one step.
    const half = crc32(new Uint8Array(1 << 20));
    let other = half;
    for (let size = 1 << 20; size < 2 ** 30; size *= 2) other = combineCrc32(other, other, size);
    expect(crc).toBe(other);
  });
});

describe("Bytes", () => {
  const step = fc.record({
    from: fc.nat(),
    trim: fc.nat({ max: 20 }),
    bytes: fc.uint8Array({ maxLength: 40 }),
  });

  it("do what a list does, in every version that is still held", () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60, size: "max" }), (steps) => {
        const versions: [Bytes, number[]][] = [[Bytes.empty, []]];
        for (const { from, trim, bytes } of steps) {
          const [old, model] = versions[Math.max(0, versions.length - 1 - (from % 4))]!;
          const count = Math.min(trim, model.length + bytes.length);
          versions.push([old.append(bytes).trim(count), [...model, ...bytes].slice(count)]);
        }
        for (const [bytes, model] of versions) {
          expect([...bytes.view()]).toEqual(model);
          expect(bytes.length).toBe(model.length);
          expect(bytes.crc32()).toBe(reference(Uint8Array.from(model)));
        }
      }),
      { numRuns: 200 },
    );
  });

  it("copy what they are made of", () => {
    const source = Uint8Array.of(1, 2, 3);
    const bytes = Bytes.of(source);
    source.fill(0);
    expect([...bytes.view()]).toEqual([1, 2, 3]);
  });
});
