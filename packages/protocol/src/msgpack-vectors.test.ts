import { readFileSync } from "node:fs";
import { type ChangesFrame, type Frame, SUBPROTOCOLS } from "@deltawire/spec";
import { describe, expect, it } from "vitest";
import { apply } from "./apply.js";
import { createCodec } from "./codec.js";
import { CodecContext } from "./codec-context.js";
import { type ContextFrame, encodeInContext } from "./msgpack-codec.js";
import { decodeInContext } from "./msgpack-reader.js";
import { type Expected, expectError, frameOf, stateOf } from "./testing/vectors.js";

const file = (name: string) =>
  JSON.parse(readFileSync(new URL(`../../../spec/vectors/${name}.json`, import.meta.url), "utf8"));
const bytesOf = (hex: string): Uint8Array => Uint8Array.from(Buffer.from(hex, "hex"));
const hexOf = (message: unknown): string => Buffer.from(message as Uint8Array).toString("hex");

interface Step {
  readonly hex: string;
  readonly frame?: unknown;
  readonly encode?: unknown;
  readonly after?: object;
  readonly error?: Expected["error"];
  readonly missing?: true;
  readonly context?: object;
}

interface Context {
  readonly seq: number;
  readonly names: readonly (string | number)[];
  readonly cursor: number | null;
  readonly parts: readonly [number, string, string, number | null][];
}

interface StreamVector extends Expected {
  readonly direction: "up" | "down";
  readonly start: number;
  readonly writer: Context;
  readonly steps: readonly Step[];
}

const plainContext = (context: CodecContext): object => {
  if (context.lost) return { lost: true };
  const parts = [...context.parts].map(({ ordinal, message, part, length, tip }) => [
    ordinal,
    message,
    part,
    length ?? null,
    ...(tip ? [tip.path, tip.offset] : []),
  ]);
  return {
    lost: false,
    seq: context.seq,
    names: context.names.stated,
    cursor: context.cursor?.ordinal ?? null,
    parts,
  };
};

/** The context of a writer at the beginning of a stream. */
function writerOf({ writer: { seq, names, cursor, parts } }: StreamVector): CodecContext {
  const context = new CodecContext(seq);
  context.names.state(names);
  for (const [ordinal, message, part, length] of parts) {
    context.bind(ordinal, message, part, length ?? undefined);
  }
  if (cursor !== null) context.cursor = context.at(cursor);
  return context;
}

/** The message of a frame that a producer sends to go on where it was, on a connection of its own. */
function resumed(frame: Frame, after: object): [string, CodecContext] {
  const state = stateOf(after, (frame as ChangesFrame).to);
  const codec = createCodec(SUBPROTOCOLS.msgpack);
  codec.encode({ type: "produce", channel: "c", producer: "p" }); // selects the channel
  return [hexOf(codec.encode(frame, state).at(-1)), CodecContext.of(state)];
}

describe("msgpack-codec.json", () => {
  const { control, refused, streams } = file("msgpack-codec") as {
    control: readonly Step[];
    refused: readonly (Expected & { hex: string })[];
    streams: readonly StreamVector[];
  };

  it("control frames of one connection", () => {
    const [writer, reader] = [createCodec(SUBPROTOCOLS.msgpack), createCodec(SUBPROTOCOLS.msgpack)];
    for (const { hex, frame } of control) {
      expect(reader.decode(bytesOf(hex))).toEqual(frame === null ? undefined : frameOf(frame));
    }
    const frames = control.flatMap(({ frame }) => (frame === null ? [] : [frameOf(frame)]));
    const written = frames.flatMap((frame) => writer.encode(frame));
    expect(written.map(hexOf)).toEqual(control.map(({ hex }) => hex));
  });

  it.each(refused)("refuses $name", ({ hex, error }) => {
    expectError(() => createCodec(SUBPROTOCOLS.msgpack).decode(bytesOf(hex)), error);
  });

  it.each(streams)("$name", (vector) => {
    let writer = writerOf(vector);
    const reader = new CodecContext(vector.start);
    reader.lost = vector.direction === "down";
    for (const { hex, frame, encode, after, error, missing, context } of vector.steps) {
      if (encode && after) {
        const [message, next] = resumed(frameOf(encode), after);
        expect(message).toBe(hex);
        writer = next;
      } else if (encode)
        expect(hexOf(encodeInContext(writer, frameOf(encode) as ContextFrame))).toBe(hex);
      if (missing) continue;
      if (error) expectError(() => decodeInContext(reader, "c", bytesOf(hex)), error);
      else {
        const expected = frame === null ? undefined : frameOf(frame);
        expect(decodeInContext(reader, "c", bytesOf(hex))).toEqual(expected);
      }
      expect(plainContext(reader)).toEqual(context);
    }
  });
});

interface FidelityVector extends Expected {
  readonly steps: readonly { frame: unknown; json: string; msgpack: string }[];
  readonly result: string;
  readonly length: number;
  readonly utf8: string;
  readonly crc32: number;
}

describe("L2: fidelity.json", () => {
  const { texts } = file("fidelity") as { texts: readonly FidelityVector[] };
  it.each(texts)("$name", ({ steps, result, length, utf8, crc32 }) => {
    const part = { id: "t", kind: "text", text: "" };
    const message = { id: "m", generation: 0, role: "r", status: "streaming", parts: [part] };
    let state = stateOf({ messages: [message] });
    const [writer, reader] = [CodecContext.of(state), CodecContext.of(state)];
    for (const { frame, json, msgpack } of steps) {
      const changes = frameOf(frame) as ChangesFrame;
      expect(createCodec(SUBPROTOCOLS.json).decode(json)).toEqual(changes);
      expect(decodeInContext(reader, "c", bytesOf(msgpack))).toEqual(changes);
      expect(hexOf(encodeInContext(writer, changes))).toBe(msgpack);
      state = apply(state, changes);
    }
    const [text] = state.message("m")?.parts ?? [];
    if (text?.kind !== "text") return expect.fail("a text part");
    expect(text.text).toBe(result);
    expect([text.content.length, text.content.crc32()]).toEqual([length, crc32]);
    expect(Buffer.from(result, "utf8").toString("hex")).toBe(utf8);
  });
});
