import { DeltawireError, ERROR_CODES, LIMITS, SUBPROTOCOLS } from "@deltawire/spec";
import { expect } from "vitest";
import { createCodec } from "../codec.js";
import type { Codec } from "../wire.js";

const codes = new Set<string>(Object.values(ERROR_CODES).flat());

/** What a step throws, which can only be a typed error with a path; nothing where it succeeds. */
export function refusal(step: () => unknown): DeltawireError | undefined {
  try {
    step();
    return undefined;
  } catch (error) {
    if (!(error instanceof DeltawireError)) throw error;
    expect(codes).toContain(error.code);
    expect(error.path).toBeTypeOf("string");
    // Both travel in an error frame.
    expect(error.path?.length).toBeLessThanOrEqual(LIMITS.max_path_length);
    expect(error.message.length).toBeLessThanOrEqual(LIMITS.max_note_length);
    expect(error.message.isWellFormed()).toBe(true);
    return error;
  }
}

/** Bytes, of numbers and of text in UTF-8. */
export function bytes(...list: readonly (number | string)[]): Uint8Array {
  const utf8 = new TextEncoder();
  const units = list.flatMap((item) =>
    typeof item === "number" ? [item] : [...utf8.encode(item)],
  );
  return Uint8Array.from(units);
}

/** A MessagePack end on which the other one has selected channel "c". */
export function selected(): Codec {
  const codec = createCodec(SUBPROTOCOLS.msgpack);
  codec.decode(bytes(0x93, 3, 0, 0xa1, "c"));
  return codec;
}
