import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { CodecContext } from "./codec-context.js";
import { type ContextFrame, encodeInContext } from "./msgpack-codec.js";
import { decodeInContext } from "./msgpack-reader.js";
import { NameTable } from "./name-table.js";
import { Packer } from "./packer.js";
import { type Expected, expectError, frameOf } from "./testing/vectors.js";
import { Unpacker } from "./unpacker.js";

interface Step {
  readonly hex: string;
  readonly frame?: unknown;
  readonly written?: true;
  readonly error?: Expected["error"];
  readonly missing?: true;
  readonly context?: { readonly lost: boolean; readonly keys?: readonly unknown[] };
}

const file = new URL("../../../spec/vectors/compact.json", import.meta.url);
const {
  timestamps,
  streams,
}: {
  readonly timestamps: readonly { readonly text: string; readonly hex: string }[];
  readonly streams: readonly { readonly name: string; readonly steps: readonly Step[] }[];
} = JSON.parse(readFileSync(file, "utf8"));
const bytesOf = (hex: string): Uint8Array => Uint8Array.from(Buffer.from(hex, "hex"));
const hexOf = (bytes: Uint8Array): string => Buffer.from(bytes).toString("hex");

describe("compact.json", () => {
  it.each(timestamps)("$text", ({ text, hex }) => {
    const compacting = { keys: new NameTable(), learns: false };
    expect(hexOf(new Packer().pack(text, compacting))).toBe(hex);
    expect(new Unpacker(bytesOf(hex)).all(compacting)).toEqual([text]);
  });

  it.each(streams)("$name", ({ steps }) => {
    const [writer, reader] = [new CodecContext(0, true), new CodecContext(0, true)];
    for (const { hex, frame, written, error, missing, context } of steps) {
      if (missing) continue;
      if (written) expect(hexOf(encodeInContext(writer, frameOf(frame) as ContextFrame))).toBe(hex);
      const read = () => decodeInContext(reader, "c", bytesOf(hex));
      if (error) expectError(read, error);
      else expect(read()).toEqual(frameOf(frame));
      expect(reader.lost).toBe(context?.lost);
      if (!reader.lost) expect(reader.keys?.stated).toEqual(context?.keys);
    }
  });
});
