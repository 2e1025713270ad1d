import { readFileSync } from "node:fs";
import { type ChangesFrame, SUBPROTOCOLS } from "@deltawire/spec";
import { describe, expect, it } from "vitest";
import { apply } from "./apply.js";
import { createCodec } from "./codec.js";
import { CodecContext } from "./codec-context.js";
import { type ContextFrame, decodeInContext, encodeInContext } from "./msgpack-codec.js";
import { type Expected, expectError, frameOf, stateOf } from "./testing/vectors.js";

const file = (name: string) =>
  JSON.parse(readFileSync(new URL(`../../../spec/vectors/${name}.json`, import.meta.url), "utf8"));
const bytesOf = (hex: string): Uint8Array => Uint8Array.from(Buffer.from(hex, "hex"));
const hexOf = (message: unknown): string => Buffer.from(message as Uint8Array).toString("hex");

interface Step {
  readonly hex: string;
  readonly frame?: unknown;
  readonly encode?: unknown;
  readonly error?: Expected["error"];
  readonly missing?: true;
  readonly context?: Context;
}

interface Context {
  readonly lost: boolean;
  readonly names: readonly string[];
  readonly cursor: number | null;
}

interface StreamVector extends Expected {
  readonly direction: "up" | "down";
  readonly start: number;
  readonly steps: readonly Step[];
}

const plainContext = (context: CodecContext): object => {
  if (context.lost) return { lost: true };
  const parts = [...context.parts].map(({ ordinal, message, part, length }) => [
    ordinal,
    message,
    part,
    length ?? null,
  ]);
  return {
    lost: false,
    seq: context.seq,
    names: context.names,
    cursor: context.cursor?.ordinal ?? null,
    parts,
  };
};

/** The context of a writer at the beginning of a stream. */
function writerOf({ direction, start, steps }: StreamVector): CodecContext {
  if (direction === "up") return new CodecContext(start);
  const chunks = steps.flatMap(({ encode }) => (encode ? [frameOf(encode)] : []));
  const last = chunks.findIndex((frame) => frame.type !== "snapshot" || !frame.more);
  const messages = chunks
    .slice(0, last + 1)
    .flatMap((frame) => (frame.type === "snapshot" ? frame.messages : []));
  const writer = new CodecContext(start);
  for (const { id, status, parts } of messages) {
    for (const part of status === "streaming" || status === "interrupted" ? parts : []) {
      const known = writer.find(id, part.id); // goes on from the chunk before
      const length = part.kind === "text" ? part.text.length : undefined;
      if (known?.length !== undefined) known.length += length ?? 0;
      else writer.number(id, part.id, length);
    }
  }
  // What the snapshot states, the reader's context after it has.
  const stated = steps[last]?.context;
  for (const name of stated?.names ?? []) writer.intern(name);
  if (typeof stated?.cursor === "number") writer.cursor = writer.at(stated.cursor);
  return writer;
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
    const writer = writerOf(vector);
    const reader = new CodecContext(vector.start);
    reader.lost = vector.direction === "down";
    for (const { hex, frame, encode, error, missing, context } of vector.steps) {
      if (encode) expect(hexOf(encodeInContext(writer, frameOf(encode) as ContextFrame))).toBe(hex);
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

describe("fidelity.json", () => {
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
