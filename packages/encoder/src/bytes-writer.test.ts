import { apply, type BytesPart, ChannelState } from "@deltawire/protocol/state";
import { type ChangesFrame, DeltawireError } from "@deltawire/spec";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { BytesOptions, BytesWriter } from "./bytes-writer.js";
import { ChannelWriter } from "./channel-writer.js";
import { weigh } from "./weight.js";

/** A writer of one bytes part, and who follows it; frames go when they are let go. */
function start(options?: BytesOptions) {
  let now = 0;
  let replica = ChannelState.of("");
  const weights: number[] = [];
  const send = (frames: readonly ChangesFrame[]) => {
    replica = frames.reduce(apply, replica);
    weights.push(...frames.map((frame) => weigh(frame.changes)));
  };
  const clock = { now: () => now, after: () => () => undefined };
  const writer = new ChannelWriter("c", { clock, send }, 50);
  const reply = writer.write("m");
  const output = reply.bytes("o", options);
  const drain = () => {
    now += 50;
    writer.drain();
    writer.acknowledge(replica.seq);
    return replica.message("m")?.part("o") as BytesPart;
  };
  const held = () => reply.message.part("o") as BytesPart;
  return { writer, reply, output, drain, held, weights };
}

/** Lets every promise that can settle do so. */
const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

const bytes = (...values: number[]): Uint8Array => Uint8Array.from(values);
const code = (expected: string) => expect.objectContaining({ code: expected });

describe("BytesWriter", () => {
  test("keeps a tail: the end of what was appended, whatever its pieces", () => {
    const pieces = fc.array(fc.uint8Array({ maxLength: 20 }), { maxLength: 20 });
    fc.assert(
      fc.property(pieces, fc.integer({ min: 1, max: 30 }), fc.nat(3), (list, tail, pace) => {
        const { output, drain, held } = start({ tail });
        const all = list.flatMap((piece, i) => {
          output.append(piece);
          if (pace > 0 && i % pace === 0) expect(drain().bytes).toEqual(held().bytes);
          return [...piece];
        });
        if (list.length === 0) return;
        expect(output.position).toBe(all.length);
        const end = drain();
        expect([...end.bytes]).toEqual(all.slice(-tail));
        expect([end.start, end.end]).toEqual([Math.max(0, all.length - tail), all.length]);
      }),
    );
  });

  test("a flood within a window travels as its tail", () => {
    const { output, drain, weights } = start({ tail: 1000 });
    drain();
    for (let i = 0; i < 3000; i++) output.append(new Uint8Array(100).fill(i));
    expect(drain()).toMatchObject({ start: 299_000, end: 300_000 });
    expect(weights).toHaveLength(2);
    expect(weights[1]).toBeLessThan(1500);
  });

  test("one append that is longer than the tail, and than a frame takes", () => {
    const { output, drain, weights } = start({ tail: 700_000 });
    output.append(bytes(1, 2, 3));
    drain();
    output.append(Uint8Array.from({ length: 5_000_000 }, (_, i) => i % 251));
    const end = drain();
    expect(end).toMatchObject({ start: 4_300_003, end: 5_000_003 });
    expect(end.bytes[0]).toBe(4_300_000 % 251);
    for (const weight of weights) expect(weight).toBeLessThan(1.1 * 2 ** 20);
  });

  test("a base stands for what came before a position", () => {
    const { output, drain } = start();
    output.append(bytes(1, 2, 3)).append(bytes(4));
    expect(output.position).toBe(4);
    const base = bytes(9);
    output.compact(base, 2);
    base[0] = 8;
    expect(drain()).toMatchObject({ base: bytes(9), start: 2, bytes: bytes(3, 4) });
    output.compact(bytes(7, 7));
    expect(drain()).toMatchObject({ base: bytes(7, 7), start: 4, bytes: bytes() });
    expect(() => output.compact(bytes(1), 3)).toThrow(code("offset_out_of_range"));
    expect(() => output.compact(bytes(1), 5)).toThrow(code("offset_out_of_range"));
    expect(() => output.compact(new Uint8Array(2_097_153))).toThrow(code("limit_exceeded"));
    output.append(bytes(5, 6)).trim(1);
    expect(drain()).toMatchObject({ base: bytes(), start: 5, bytes: bytes(6) });
  });

  test("a tail takes away a base that does not reach it", () => {
    const { output, held } = start({ tail: 4 });
    output.append(bytes(1, 2, 3)).compact(bytes(9), 2);
    output.append(bytes(4, 5, 6));
    expect(held()).toMatchObject({ base: bytes(9), start: 2, bytes: bytes(3, 4, 5, 6) });
    output.append(bytes(7));
    expect(held()).toMatchObject({ base: bytes(), start: 3, bytes: bytes(4, 5, 6, 7) });
  });

  test("asks for a base once enough has come, and once at a time", async () => {
    const asked: number[] = [];
    const answers: ((base: Uint8Array) => void)[] = [];
    const base = (position: number) => {
      asked.push(position);
      return new Promise<Uint8Array>((resolve) => answers.push(resolve));
    };
    const { output, held } = start({ every: 10, base });
    const write = async (count: number) => {
      output.append(new Uint8Array(count).fill(count));
      await settled();
    };
    await write(10);
    expect(asked).toEqual([]);
    await write(1);
    await write(30);
    expect(asked).toEqual([11]); // of what had come when it was asked for
    answers[0]?.(new Uint8Array(25));
    await settled();
    expect(held()).toMatchObject({ base: { length: 25 }, start: 11, end: 41 });
    expect(asked).toEqual([11, 41]); // more had come than the base is long
    answers[1]?.(new Uint8Array(25));
    await settled();
    await write(25);
    expect(asked).toHaveLength(2); // the base costs as much
    await write(1);
    expect(asked).toEqual([11, 41, 67]);
  });

  test("who makes bases has got the bytes that were appended in the same turn", async () => {
    let screen = 0;
    const { output, held } = start({ every: 5, base: () => bytes(screen) });
    output.append(bytes(1, 2, 3, 4, 5, 6));
    screen = 6;
    await settled();
    expect(held()).toMatchObject({ base: bytes(6), start: 6, bytes: bytes() });
  });

  test("a base that comes too late, for what is trimmed already, is not taken", async () => {
    const answers: ((base: Uint8Array) => void)[] = [];
    const base = () => new Promise<Uint8Array>((resolve) => answers.push(resolve));
    const { output, held } = start({ every: 5, tail: 10, base });
    output.append(new Uint8Array(8));
    await settled();
    output.append(new Uint8Array(11));
    answers[0]?.(bytes(1));
    await settled();
    expect(held()).toMatchObject({ base: bytes(), start: 9, end: 19 });
    expect(answers).toHaveLength(2);
  });

  test("where there is none now, it is asked for again after the next append", async () => {
    let screen: Uint8Array | undefined;
    const { output, held } = start({ every: 2, base: () => screen });
    output.append(bytes(1, 2, 3));
    await settled();
    expect(held()).toMatchObject({ start: 0 });
    screen = bytes(9);
    await settled();
    expect(held()).toMatchObject({ start: 0 });
    output.append(bytes(4));
    await settled();
    expect(held()).toMatchObject({ base: bytes(9), start: 4 });
  });

  test.each([
    ["throws", () => Promise.reject(new Error("no screen")), "no screen"],
    ["is too large", () => new Uint8Array(2_097_153), "max_value_size"],
  ])("where a base %s no byte is lost: nobody who appends is told", async (_, make, what) => {
    const others = process.listeners("unhandledRejection");
    const told: unknown[] = [];
    process.removeAllListeners("unhandledRejection");
    process.on("unhandledRejection", (error) => told.push(error));
    try {
      let fails = true;
      const { output, held } = start({ every: 2, base: () => (fails ? make() : bytes(9)) });
      output.append(bytes(1, 2, 3));
      await settled();
      expect(told).toEqual([expect.objectContaining({ message: expect.stringContaining(what) })]);
      output.append(bytes(4)).append(bytes(5));
      expect(held()).toMatchObject({ start: 0, bytes: bytes(1, 2, 3, 4, 5) });
      await settled();
      expect(told).toHaveLength(2);
      fails = false;
      output.append(bytes(6));
      await settled();
      expect(held()).toMatchObject({ base: bytes(9), start: 6, end: 6 });
      expect(told).toHaveLength(2);
    } finally {
      process.removeAllListeners("unhandledRejection");
      for (const listener of others) process.on("unhandledRejection", listener);
    }
  });

  test("a base for a message that has ended harms nobody", async () => {
    let answer: (base: Uint8Array) => void = () => undefined;
    const base = () =>
      new Promise<Uint8Array>((resolve) => {
        answer = resolve;
      });
    const { reply, output, drain } = start({ every: 2, base });
    output.append(bytes(1, 2, 3));
    await settled();
    const done = reply.complete();
    expect(drain()).toMatchObject({ bytes: bytes(1, 2, 3) });
    await done;
    answer(bytes(1));
    await settled();
    expect(() => output.append(bytes(4))).toThrow(code("closed"));
  });

  test("none is asked for any more where writing has failed", async () => {
    let asked = 0;
    let answer: (base: Uint8Array) => void = () => undefined;
    const base = () => {
      asked += 1;
      return new Promise<Uint8Array>((resolve) => {
        answer = resolve;
      });
    };
    const { writer, output } = start({ every: 2, base });
    output.append(bytes(1, 2, 3));
    await settled();
    writer.fail(new DeltawireError("fenced", "another one writes"));
    answer(bytes(1));
    await settled();
    expect(asked).toBe(1);
    expect(() => output.append(bytes(4))).toThrow(code("fenced"));
  });

  test("a part goes on by later calls as the first one has said", () => {
    const { reply, held } = start({ tail: 2 });
    reply.bytes("o").append(bytes(1, 2, 3));
    const again: BytesWriter = reply.bytes("o", { tail: 3 });
    again.append(bytes(4, 5));
    expect(held()).toMatchObject({ start: 2, bytes: bytes(3, 4, 5) });
    expect(() => reply.bytes("o", { tail: 0 })).toThrow(code("malformed"));
    expect(() => reply.bytes("o", { every: 1.5 })).toThrow(code("malformed"));
  });

  test("of 100 MB, what is kept and what travels are a base and what came since", async () => {
    const base = (position: number) => new Uint8Array(2000).fill(position & 255);
    const { output, drain, held, weights } = start({ base });
    const chunk = new Uint8Array(20_000).fill(65);
    let most = 0;
    for (let i = 0; i < 5000; i++) {
      output.append(chunk);
      await undefined;
      if (i % 50 === 49) drain();
      most = Math.max(most, held().size, held().bytes.buffer.byteLength);
    }
    await settled();
    expect(drain()).toMatchObject({ end: 100_000_000, base: held().base });
    expect(most).toBeLessThan(500_000);
    expect(weights.reduce((sum, weight) => sum + weight)).toBeLessThan(10_000_000);
  });
});
