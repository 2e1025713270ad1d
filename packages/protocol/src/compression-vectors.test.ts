import { readFileSync } from "node:fs";
import type { Frame } from "@deltawire/spec";
import { describe, expect, it } from "vitest";
import { apply } from "./apply.js";
import type { ChannelState } from "./channel-state.js";
import { CodecContext } from "./codec-context.js";
import { decodeCompressed } from "./compressed-forms.js";
import { crc32 } from "./crc32.js";
import { dictionaryOf } from "./dictionary.js";
import { decodeInContext } from "./msgpack-reader.js";
import { type Expected, expectError, frameOf, stateOf } from "./testing/vectors.js";

const { dictionaries, streams } = JSON.parse(
  readFileSync(new URL("../../../spec/vectors/compression.json", import.meta.url), "utf8"),
) as {
  dictionaries: readonly {
    readonly name: string;
    readonly state: object;
    readonly dictionary: { readonly length: number; readonly crc32: number; readonly hex?: string };
  }[];
  streams: readonly {
    readonly name: string;
    readonly compact?: true;
    readonly steps: readonly Step[];
  }[];
};

interface Step {
  readonly hex: string;
  readonly frame?: unknown;
  readonly error?: Expected["error"];
  readonly missing?: true;
  readonly unapplied?: true;
  readonly context?: object;
}

const bytesOf = (hex: string): Uint8Array => Uint8Array.from(Buffer.from(hex, "hex"));

/** A client's end: its context, and the replica that frames are applied to. */
class Reader {
  readonly #context: CodecContext;
  #replica: ChannelState | undefined;

  constructor(isCompact: boolean) {
    this.#context = new CodecContext(0, isCompact);
    this.#context.lost = true;
    this.#context.recent = new Uint8Array();
  }

  decode(bytes: Uint8Array): Frame | undefined {
    const [first = 0] = bytes;
    return first >= 0xd4 && first <= 0xd8
      ? decodeCompressed(this.#context, "c", bytes, this.#replica)
      : decodeInContext(this.#context, "c", bytes);
  }

  apply(frame: Frame): void {
    if (frame.type === "snapshot") this.#replica = stateOf(frame, frame.seq);
    else if (frame.type === "changes" && frame.from === this.#replica?.seq) {
      this.#replica = apply(this.#replica, frame);
    }
  }

  get context(): object {
    const { lost, seq, names, keys, cursor, parts, recent = [] } = this.#context;
    if (lost) return { lost };
    return {
      lost,
      seq,
      names: names.stated,
      cursor: cursor?.ordinal ?? null,
      parts: [...parts].map(({ ordinal, message, part, length, tip }) => [
        ordinal,
        message,
        part,
        length ?? null,
        ...(tip ? [tip.path, tip.offset] : []),
      ]),
      recent: Buffer.from(recent).toString("hex"),
      ...(keys && { keys: keys.stated }),
    };
  }
}

describe("compression.json", () => {
  it.each(dictionaries)("the dictionary of: $name", ({ state, dictionary }) => {
    const bytes = dictionaryOf(stateOf(state));
    expect(bytes.length).toBe(dictionary.length);
    expect(crc32(bytes, bytes.length)).toBe(dictionary.crc32);
    const { hex } = dictionary;
    if (hex !== undefined) expect(Buffer.from(bytes).toString("hex")).toBe(hex);
  });

  it.each(streams)("$name", ({ steps, compact = false }) => {
    const reader = new Reader(compact);
    for (const { hex, frame, error, missing, unapplied, context } of steps) {
      if (missing) continue;
      if (error) expectError(() => reader.decode(bytesOf(hex)), error);
      else {
        const decoded = reader.decode(bytesOf(hex));
        expect(decoded).toEqual(frame === null ? undefined : frameOf(frame));
        if (decoded && !unapplied) reader.apply(decoded);
      }
      expect(reader.context).toEqual(context);
    }
  });
});
