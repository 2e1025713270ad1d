import { readdirSync, readFileSync } from "node:fs";
import { Ajv2020 } from "ajv/dist/2020.js";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { DeltawireError } from "./errors.js";
import { parseFrame } from "./gate.js";
import { frameSchema } from "./schema.js";
import { anyFrame, FRAME_SHAPES, FRAME_TYPES, mutate, mutations } from "./testing.js";

const folder = new URL("../", import.meta.url);
const text = (path: string): string => readFileSync(new URL(path, folder), "utf8");
const accepts = new Ajv2020({ strict: true }).compile(frameSchema());

/** The gate's error, if it has one. */
function refusal(frame: unknown): DeltawireError | undefined {
  try {
    parseFrame(frame, "base64");
    return undefined;
  } catch (error) {
    if (error instanceof DeltawireError) return error;
    throw error;
  }
}

/** What stands in the JSON codec's text. */
const plain = (frame: unknown): unknown =>
  JSON.parse(
    JSON.stringify(frame, (_, value) =>
      value instanceof Uint8Array ? Buffer.from(value).toString("base64") : value,
    ),
  );

/** Whether a schema cannot know: well-formedness, keys, depth, size, base64, fields together. */
function isBeyond({ code, path = "", message }: DeltawireError): boolean {
  if (code === "ill_formed_text" || code === "forbidden_key") return true;
  if (/max_depth|max_command_size|base64/.test(message)) return true;
  return path === "/epoch" || path === "/to";
}

/** Every frame in the vectors, wherever it stands. */
function* framesIn(value: unknown): Generator<unknown> {
  if (typeof value !== "object" || value === null) return;
  if ("type" in value && FRAME_TYPES.some((type) => type === value.type)) yield value;
  else for (const inner of Object.values(value)) yield* framesIn(inner);
}

describe("schema/frames.schema.json", () => {
  it("is what the shapes say", () => {
    expect(JSON.parse(text("schema/frames.schema.json"))).toEqual(frameSchema());
  });

  it("accepts every frame in the vectors", () => {
    const seen = new Set<unknown>();
    for (const file of readdirSync(new URL("vectors/", folder))) {
      if (!file.endsWith(".json")) continue;
      for (const frame of framesIn(JSON.parse(text(`vectors/${file}`)))) {
        seen.add((frame as { type: unknown }).type);
        expect(accepts(frame), JSON.stringify(frame)).toBe(refusal(frame) === undefined);
      }
    }
    expect([...seen].sort()).toEqual([...FRAME_TYPES].sort());
  });

  it.each(FRAME_TYPES)("accepts and refuses of a %s frame what the gate does", (type) => {
    fc.assert(
      fc.property(anyFrame(type), (any) => {
        const frame = plain(any);
        expect(accepts(frame), JSON.stringify(accepts.errors)).toBe(true);
        for (const mutation of mutations(FRAME_SHAPES[type], any)) {
          const wrong = plain(mutate(any, mutation));
          const error = refusal(wrong);
          if (error && isBeyond(error)) continue;
          const what = `${mutation.path}: ${JSON.stringify(wrong)?.slice(0, 200)}`;
          expect(accepts(wrong), what).toBe(error === undefined);
        }
      }),
      { numRuns: 8 },
    );
  });
});
