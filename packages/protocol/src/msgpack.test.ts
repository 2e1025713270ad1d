import { isDeepStrictEqual } from "node:util";
import { DeltawireError } from "@deltawire/spec";
import { decode, encode } from "@msgpack/msgpack";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { anyJson } from "../../../spec/src/testing.js";
import { pack } from "./msgpack-codec.js";
import { Unpacker } from "./unpacker.js";
import { decodeUtf8 } from "./utf8.js";

const bytes = fc.uint8Array({ maxLength: 300 }).map((array) => array as unknown);
const value = fc.letrec<{ value: unknown }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 3 },
    anyJson,
    bytes,
    fc.array(tie("value"), { maxLength: 20, size: "max" }),
    fc.string({ unit: "binary", minLength: 20, maxLength: 400, size: "max" }),
  ),
})).value;

const unpacked = (message: Uint8Array): unknown => new Unpacker(message).only();

function refusal(message: Uint8Array): DeltawireError {
  try {
    unpacked(message);
  } catch (error) {
    if (error instanceof DeltawireError) return error;
    throw error;
  }
  return expect.fail(`accepted ${message.slice(0, 20).join(" ")}`);
}

const of = (...list: number[]): Uint8Array => Uint8Array.from(list);
const repeated = (unit: readonly number[], times: number): number[] =>
  Array.from({ length: times }, () => unit).flat();

describe("MessagePack", () => {
  it("is written as another implementation reads it, byte for byte as it writes it", () => {
    fc.assert(
      fc.property(value, (any) => {
        const packed = pack(any);
        expect(decode(packed)).toEqual(any);
        expect(packed).toEqual(encode(any));
      }),
      { numRuns: 300 },
    );
  });

  it("is read as another implementation writes it, wherever in memory it lies", () => {
    fc.assert(
      fc.property(value, fc.boolean(), fc.nat({ max: 9 }), (any, forceFloat, offset) => {
        const written = encode(any, { forceIntegerToFloat: forceFloat });
        const memory = new Uint8Array(written.length + 20);
        memory.set(written, offset);
        const message = memory.subarray(offset, offset + written.length);
        expect(unpacked(message)).toEqual(any);
        expect(unpacked(Buffer.from(message))).toEqual(any);
      }),
      { numRuns: 200 },
    );
  });

  it.each([15, 16, 31, 32, 255, 256, 65_535, 65_536])("takes lengths around %i", (length) => {
    for (const size of [length - 1, length, length + 1]) {
      const text = "x".repeat(size);
      const map = Object.fromEntries(
        Array.from({ length: Math.min(size, 300) }, (_, i) => [`k${i}`, i]),
      );
      for (const any of [
        text,
        new Uint8Array(size),
        new Array(size).fill(null),
        map,
        "漢".repeat(size),
      ]) {
        const packed = pack(any); // compared without toEqual, which is slow on this much
        expect(Buffer.compare(packed, encode(any))).toBe(0);
        expect(isDeepStrictEqual(unpacked(packed), any)).toBe(true);
      }
    }
  });

  it("reads what it never writes: float 32, and longer forms than needed", () => {
    expect(unpacked(of(0xca, 0x3f, 0xc0, 0, 0))).toBe(1.5);
    expect(unpacked(of(0xcd, 0, 7))).toBe(7);
    expect(unpacked(of(0xcf, 0, 0, 0, 0, 0, 0, 0, 7))).toBe(7);
    expect(unpacked(of(0xd3, ...repeated([0xff], 8)))).toBe(-1);
    expect(unpacked(of(0xdb, 0, 0, 0, 1, 0x61))).toBe("a");
    expect(unpacked(of(0xdd, 0, 0, 0, 1, 0xc0))).toEqual([null]);
    expect(unpacked(of(0xdf, 0, 0, 0, 1, 0xa1, 0x61, 1))).toEqual({ a: 1 });
    expect(unpacked(of(0xc6, 0, 0, 0, 1, 9))).toEqual(of(9));
  });

  it("leaves nothing behind of a value that it cannot write", () => {
    expect(() => pack([1, 2, () => 3])).toThrow(TypeError);
    expect(() => pack(10n)).toThrow(TypeError);
    expect(pack(1)).toEqual(of(1));
  });

  it("copies bytes out of the message", () => {
    const message = pack(of(1, 2, 3));
    const read = unpacked(message);
    message.fill(0);
    expect(read).toEqual(of(1, 2, 3));
  });

  it("is refused where it is cut, at any byte", () => {
    fc.assert(
      fc.property(value, (any) => {
        const whole = pack(any);
        for (let end = 0; end < Math.min(whole.length, 200); end++) {
          expect(refusal(whole.subarray(0, end))).toMatchObject({
            code: "malformed",
            path: expect.stringMatching(/^#byte=\d+$/),
          });
        }
      }),
      { numRuns: 60 },
    );
  });

  it("is read or refused, whatever the bytes are", () => {
    const hostile = fc.oneof(
      fc.uint8Array({ maxLength: 40 }),
      fc
        .array(fc.constantFrom(0x81, 0x92, 0xdc, 0xdd, 0xde, 0xdf, 0xc4, 0xd9, 0xa1, 0, 1, 0xff), {
          maxLength: 40,
        })
        .map((list) => Uint8Array.from(list)),
    );
    fc.assert(
      fc.property(hostile, (message) => {
        try {
          unpacked(message);
        } catch (error) {
          expect(error).toBeInstanceOf(DeltawireError);
        }
      }),
      { numRuns: 2000 },
    );
  });

  it.each([
    ["more after the value", of(0xc0, 0xc0), "malformed", "#byte=1"],
    ["the byte that is never used", of(0xc1), "malformed", "#byte=0"],
    ["an extension", of(0xd4, 1, 2), "malformed", "#byte=0"],
    ["a long extension", of(0xc7, 0, 1), "malformed", "#byte=0"],
    ["2^53", of(0xcf, 0, 0x20, 0, 0, 0, 0, 0, 0), "malformed", "#byte=0"],
    ["-2^53", of(0xd3, 0xff, 0xe0, 0, 0, 0, 0, 0, 0), "malformed", "#byte=0"],
    ["a key that is a number", of(0x81, 1, 1), "malformed", "#byte=1"],
    ["a list longer than the rest", of(0xdd, 0xff, 0xff, 0xff, 0xff), "malformed", "#byte=5"],
    ["a map longer than the rest", of(0xdf, 0xff, 0xff, 0xff, 0xff, 0xa0), "malformed", "#byte=5"],
    ["bytes longer than the rest", of(0xc6, 0xff, 0xff, 0xff, 0xff), "malformed", "#byte=5"],
    ["a lone continuation", of(0xa1, 0x80), "ill_formed_text", "#byte=1"],
    ["an overlong form", of(0xa2, 0xc0, 0xaf), "ill_formed_text", "#byte=1"],
    ["a surrogate", of(0xa3, 0xed, 0xa0, 0xbd), "ill_formed_text", "#byte=1"],
    ["text cut inside a character", of(0xa3, 0xf0, 0x9f, 0x98), "ill_formed_text", "#byte=1"],
    ["past the last character", of(0xa4, 0xf4, 0x90, 0x80, 0x80), "ill_formed_text", "#byte=1"],
    ["an ill-formed key", of(0x81, 0xa1, 0xff, 1), "ill_formed_text", "#byte=2"],
    ["10,000 lists", of(...repeated([0x91], 10_000), 1), "limit_exceeded", "#byte=81"],
    ["10,000 maps", of(...repeated([0x81, 0xa1, 0x61], 10_000), 1), "limit_exceeded", "#byte=241"],
    [
      "10,000 lists as keys",
      of(...repeated([0x81, 0x91], 10_000), 1),
      "limit_exceeded",
      "#byte=81",
    ],
  ])("refuses %s", (_, message, code, path) => {
    expect(refusal(message)).toMatchObject({ code, path });
  });

  it("keeps a byte order mark, and `__proto__` as a member like any other", () => {
    expect(unpacked(of(0xa4, 0xef, 0xbb, 0xbf, 0x61))).toBe("\ufeffa");
    expect(decodeUtf8(of(0xef, 0xbb, 0xbf), 0)).toBe("\ufeff");
    const member = [0xa9, ...new TextEncoder().encode("__proto__"), 0x81, 0xa1, 0x61, 1];
    for (const times of [1, 2]) {
      const map = unpacked(of(0x80 | times, ...repeated(member, times)));
      expect(Object.getPrototypeOf(map)).toBe(Object.prototype);
      expect(Object.getOwnPropertyNames(map)).toEqual(["__proto__"]);
      expect(JSON.stringify(map)).toBe('{"__proto__":{"a":1}}');
    }
  });
});
