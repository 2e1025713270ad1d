import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { FIRST_BYTES, FrameMeter, type PassedMessage } from "./frame-meter.js";

interface FrameOptions {
  readonly final?: boolean;
  readonly mask?: readonly number[];
}

/** A frame as RFC 6455, 5.2 lays it out. */
function frame(opcode: number, payload: Uint8Array, options: FrameOptions = {}): Uint8Array {
  const { final = true, mask } = options;
  const { length } = payload;
  const short = length < 126 ? length : length < 65536 ? 126 : 127;
  const head = [opcode | (final ? 0x80 : 0), short | (mask ? 0x80 : 0)];
  if (short === 126) head.push(length >> 8, length & 0xff);
  if (short === 127)
    head.push(
      0,
      0,
      0,
      0,
      length >>> 24,
      (length >> 16) & 0xff,
      (length >> 8) & 0xff,
      length & 0xff,
    );
  const body = payload.map((byte, n) => byte ^ (mask?.[n % 4] ?? 0));
  return Uint8Array.from([...head, ...(mask ?? []), ...body]);
}

const bytes = (length: number, seed = 1): Uint8Array =>
  Uint8Array.from({ length }, (_, n) => (n * 31 + seed) & 0xff);

function measure(stream: Uint8Array, sizes: readonly number[] = [stream.length]) {
  const messages: PassedMessage[] = [];
  const meter = new FrameMeter((message) => messages.push(message));
  let at = 0;
  for (let n = 0; at < stream.length; n++) {
    const size = sizes[n % sizes.length] ?? 1;
    meter.push(stream.subarray(at, at + size));
    at += size;
  }
  return { messages, meter };
}

const joined = (...chunks: Uint8Array[]): Uint8Array => Uint8Array.from(Buffer.concat(chunks));

const MASK = [0x12, 0x00, 0xff, 0x7a];

describe("FrameMeter", () => {
  it.each([
    [0, 2],
    [1, 2],
    [125, 2],
    [126, 4],
    [65535, 4],
    [65536, 10],
    [200000, 10],
  ])("measures a message of %d bytes: %d of header, 4 more with a mask", (length, header) => {
    const payload = bytes(length);
    for (const mask of [undefined, MASK]) {
      const cost = header + (mask ? 4 : 0);
      const { messages } = measure(frame(2, payload, { ...(mask && { mask }) }));
      expect(messages).toEqual([
        {
          opcode: 2,
          header: cost,
          length,
          total: cost + length,
          first: payload.subarray(0, FIRST_BYTES),
          end: cost + length,
        },
      ]);
    }
  });

  it("knows where each message ended, byte by byte", () => {
    const stream = joined(
      frame(1, bytes(5)),
      frame(2, bytes(0)),
      frame(2, bytes(300), { mask: MASK }),
    );
    const seen: [number, number][] = [];
    const meter = new FrameMeter(({ length, end }) => {
      expect(meter.bytes).toBe(end);
      seen.push([length, end]);
    });
    for (const byte of stream) meter.push(Uint8Array.of(byte));
    expect(seen).toEqual([
      [5, 7],
      [0, 9],
      [300, 317],
    ]);
    expect(meter.bytes).toBe(317);
  });

  it("joins the frames of a message, around the control frames between them", () => {
    const stream = joined(
      frame(1, bytes(10, 1), { final: false, mask: MASK }),
      frame(9, bytes(3, 9), { mask: MASK }),
      frame(0, bytes(0), { final: false }),
      frame(0, bytes(200, 2), { mask: MASK }),
      frame(8, bytes(2, 7)),
    );
    for (const sizes of [[1], [3], [stream.length]]) {
      const { messages, meter } = measure(stream, sizes);
      expect(messages).toMatchObject([
        { opcode: 9, header: 6, length: 3, end: 25, first: bytes(3, 9) },
        { opcode: 1, header: 16, length: 210, total: 226, end: 235 },
        { opcode: 8, header: 2, length: 2, end: 239 },
      ]);
      expect(messages[1]?.first).toEqual(joined(bytes(10, 1), bytes(54, 2)));
      expect(meter.broken).toBeUndefined();
    }
  });

  it("does not depend on where the stream is cut", () => {
    const message = fc.record({
      opcode: fc.constantFrom(1, 2, 9, 10),
      length: fc.oneof(fc.nat(125), fc.constantFrom(126, 127, 65535, 65536)),
      masked: fc.boolean(),
    });
    const sizes = fc.array(fc.integer({ min: 1, max: 5000 }), { minLength: 1 });
    fc.assert(
      fc.property(fc.array(message, { maxLength: 6 }), sizes, (all, cuts) => {
        const frames = all.map(({ opcode, length, masked }, n) =>
          frame(opcode, bytes(opcode > 8 ? length % 126 : length, n), {
            ...(masked && { mask: MASK }),
          }),
        );
        const stream = joined(...frames);
        const { messages } = measure(stream, cuts);
        expect(messages).toEqual(measure(stream).messages);
        expect(messages.map(({ total }) => total)).toEqual(frames.map(({ length }) => length));
        expect(messages.at(-1)?.end ?? 0).toBe(stream.length);
      }),
      { numRuns: 50 },
    );
  });

  it("says nothing of a message that has not passed completely", () => {
    const stream = frame(2, bytes(1000));
    expect(measure(stream.subarray(0, -1)).messages).toEqual([]);
    expect(measure(frame(2, bytes(4), { final: false })).messages).toEqual([]);
  });

  it("measures a frame of 8 GB without holding it", () => {
    const passed: PassedMessage[] = [];
    const meter = new FrameMeter((message) => passed.push(message));
    meter.push(Uint8Array.of(0x82, 127, 0, 0, 0, 2, 0, 0, 0, 0));
    const chunk = new Uint8Array(2 ** 28);
    for (let n = 0; n < 32; n++) meter.push(chunk);
    expect(passed).toMatchObject([{ length: 2 ** 33, end: 2 ** 33 + 10 }]);
  });

  it.each([
    ["a reserved opcode", frame(3, bytes(1)), /opcode 3/],
    ["a control frame in pieces", frame(9, bytes(1), { final: false }), /control frame/],
    ["a control frame of 126 bytes", frame(10, bytes(126)), /control frame/],
    ["a continuation of nothing", frame(0, bytes(1)), /before it began/],
    [
      "a message inside another",
      joined(frame(1, bytes(1), { final: false }), frame(1, bytes(1))),
      /inside another/,
    ],
    [
      "a length past 2^53",
      Uint8Array.of(0x82, 127, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff),
      /2\^53/,
    ],
  ])("gives up at %s, and goes on counting bytes", (_, bad, reason) => {
    const good = frame(2, bytes(4));
    const stream = joined(good, bad, good);
    for (const sizes of [[1], [stream.length]]) {
      const { messages, meter } = measure(stream, sizes);
      expect(messages).toHaveLength(1);
      expect(meter.broken).toMatch(reason);
      expect(meter.bytes).toBe(stream.length);
    }
  });
});
