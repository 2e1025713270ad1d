import { constants, deflateRawSync, inflateRawSync } from "node:zlib";
import { DeltawireError } from "@deltawire/spec";
import fc from "fast-check";
import { describe, expect, it, vi } from "vitest";
import { inflate } from "./inflate.js";

const NONE = new Uint8Array();
const MOST = 1 << 20;
const { Z_DEFAULT_STRATEGY, Z_FIXED, Z_HUFFMAN_ONLY, Z_RLE } = constants;

const words = fc.constantFrom(
  "delta ",
  "state ",
  "é漢😀",
  "the ",
  "\n",
  "0123456789",
  "x".repeat(300),
);
const content = fc.oneof(
  fc.array(words, { maxLength: 400 }).map((all) => new TextEncoder().encode(all.join(""))),
  fc.uint8Array({ maxLength: 3000 }),
);
const how = fc.record({
  level: fc.integer({ min: 0, max: 9 }),
  strategy: fc.constantFrom(Z_DEFAULT_STRATEGY, Z_FIXED, Z_HUFFMAN_ONLY, Z_RLE),
});

function refusal(run: () => unknown): string | undefined {
  try {
    run();
    return undefined;
  } catch (error) {
    if (error instanceof DeltawireError) return error.code;
    throw error;
  }
}

/** What zlib makes of it; undefined where it refuses it, or leaves some of it. */
function byZlib(stream: Uint8Array): Buffer | undefined {
  try {
    const options = { info: true, maxOutputLength: MOST };
    // With `info` the answer is an object, which its types leave out.
    const { buffer, engine } = inflateRawSync(stream, options) as unknown as {
      buffer: Buffer;
      engine: { bytesWritten: number };
    };
    return engine.bytesWritten === stream.length ? buffer : undefined;
  } catch {
    return undefined;
  }
}

describe("inflate", () => {
  it("reads what zlib writes, in every way, behind any dictionary", () => {
    fc.assert(
      fc.property(content, content, how, (bytes, dictionary, options) => {
        const behind = dictionary.length > 0 ? { dictionary } : {};
        const stream = deflateRawSync(bytes, { ...options, ...behind });
        expect(Buffer.from(inflate(stream, 0, dictionary, MOST)).equals(bytes)).toBe(true);
      }),
    );
  });

  it("begins where it is told to, and ends where the stream ends", () => {
    fc.assert(
      fc.property(content, how, fc.nat(9), (bytes, options, at) => {
        const stream = deflateRawSync(bytes, options);
        const later = Buffer.concat([Buffer.alloc(at, 0xff), stream]);
        expect(Buffer.from(inflate(later, at, NONE, MOST)).equals(bytes)).toBe(true);
        const longer = Buffer.concat([stream, Buffer.of(0)]);
        expect(refusal(() => inflate(longer, 0, NONE, MOST))).toBe("malformed");
        expect(refusal(() => inflate(stream.subarray(0, -1), 0, NONE, MOST))).toBe("malformed");
      }),
    );
  });

  it("stops at the bound, and takes what just fits", () => {
    fc.assert(
      fc.property(content, how, (bytes, options) => {
        const stream = deflateRawSync(bytes, options);
        expect(inflate(stream, 0, NONE, bytes.length)).toHaveLength(bytes.length);
        if (bytes.length === 0) return;
        const over = refusal(() => inflate(stream, 0, NONE, bytes.length - 1));
        expect(over).toBe("limit_exceeded");
      }),
    );
  });

  it("does not make what a bomb would hold", () => {
    const bomb = deflateRawSync(Buffer.alloc(64 << 20), { level: 9 });
    const before = process.memoryUsage().arrayBuffers;
    expect(refusal(() => inflate(bomb, 0, NONE, 1 << 20))).toBe("limit_exceeded");
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(8 << 20);
  });

  it("refuses what zlib refuses, and nothing else, of streams that were damaged", () => {
    const damaged = fc.tuple(
      content,
      how,
      fc.array(fc.tuple(fc.nat(), fc.nat(255)), { minLength: 1, maxLength: 4 }),
    );
    fc.assert(
      fc.property(damaged, ([bytes, options, changes]) => {
        const stream = deflateRawSync(bytes, options);
        for (const [at, byte] of changes) stream[at % stream.length] = byte;
        const expected = byZlib(stream);
        const code = refusal(() => inflate(stream, 0, NONE, MOST));
        if (!expected) expect(["malformed", "limit_exceeded"]).toContain(code);
        else {
          expect(code).toBeUndefined();
          expect(Buffer.from(inflate(stream, 0, NONE, MOST)).equals(expected)).toBe(true);
        }
      }),
      { numRuns: 2000 },
    );
  });

  it("takes any bytes at all: they are a stream, or a typed error", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 60 }), (stream) => {
        const expected = byZlib(stream);
        const code = refusal(() => inflate(stream, 0, NONE, MOST));
        expect(code === undefined).toBe(expected !== undefined);
      }),
      { numRuns: 3000 },
    );
  });
});

/** Bits, the low ones of each byte first; codes go the other way round. */
class BitWriter {
  readonly #bits: number[] = [];

  number(value: number, count: number): void {
    for (let i = 0; i < count; i++) this.#bits.push((value >> i) & 1);
  }

  code(value: number, count: number): void {
    for (let i = count - 1; i >= 0; i--) this.#bits.push((value >> i) & 1);
  }

  get bytes(): Uint8Array {
    const bytes = new Uint8Array(Math.ceil(this.#bits.length / 8));
    this.#bits.forEach((bit, i) => {
      bytes[i >> 3] = (bytes[i >> 3] ?? 0) | (bit << (i & 7));
    });
    return bytes;
  }
}

/** A code of `1 … 1 0` with so many ones, and the last of 15 ones: each length once, and 15 twice. */
const long = (i: number): readonly [code: number, bits: number] =>
  i < 15 ? [2 ** (i + 1) - 2, i + 1] : [2 ** 15 - 1, 15];

/** A block whose codes have up to 15 bits: of the end and 241 to 255, and of distances 0 to 15. */
function longCodes(writer: BitWriter, isLast: boolean, symbols: readonly number[]): void {
  writer.number(isLast ? 1 : 0, 1);
  writer.number(2, 2);
  writer.number(0, 5);
  writer.number(15, 5);
  writer.number(15, 4);
  const order = [16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15];
  for (const symbol of order)
    writer.number(symbol === 18 || (symbol > 0 && symbol < 16) ? 4 : 0, 3);
  const lengths = Array.from({ length: 16 }, (_, i) => long(i)[1]);
  writer.code(15, 4); // 138 times 0, and 103 times
  writer.number(127, 7);
  writer.code(15, 4);
  writer.number(92, 7);
  for (const length of [...lengths, ...lengths]) writer.code(length - 1, 4);
  for (const symbol of [...symbols, 256]) writer.code(...long(symbol - 241));
}

describe("codes of up to 15 bits", () => {
  it("are read as zlib reads them", () => {
    const symbols = fc.array(fc.integer({ min: 241, max: 255 }), { maxLength: 50 });
    fc.assert(
      fc.property(fc.array(symbols, { minLength: 1, maxLength: 4 }), (blocks) => {
        const writer = new BitWriter();
        blocks.forEach((block, i) => {
          longCodes(writer, i === blocks.length - 1, block);
        });
        const bytes = Uint8Array.from(blocks.flat());
        expect(byZlib(writer.bytes)).toEqual(Buffer.from(bytes));
        expect(inflate(writer.bytes, 0, NONE, MOST)).toEqual(bytes);
      }),
    );
  });

  it("cost no table that is out of proportion to a block of a few bytes", () => {
    const writer = new BitWriter();
    for (let i = 0; i < 100; i++) longCodes(writer, i === 99, []);
    const { bytes } = writer;
    let cells = 0;
    class Counted extends Uint16Array {
      constructor(length: number) {
        super(length);
        cells += length;
      }
    }
    vi.stubGlobal("Uint16Array", Counted);
    expect(inflate(bytes, 0, NONE, MOST)).toHaveLength(0);
    vi.unstubAllGlobals();
    expect(cells / bytes.length).toBeLessThan(100);
  });
});
