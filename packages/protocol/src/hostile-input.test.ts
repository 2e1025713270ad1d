import { SUBPROTOCOLS } from "@deltawire/spec";
import { decode, encode } from "@msgpack/msgpack";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  anyFrame,
  FRAME_SHAPES,
  FRAME_TYPES,
  mutate,
  mutations,
} from "../../../spec/src/testing.js";
import type { ChannelState } from "./channel-state.js";
import { createCodec } from "./codec.js";
import { CodecContext } from "./codec-context.js";
import { encodeInContext, pack } from "./msgpack-codec.js";
import { decodeInContext } from "./msgpack-reader.js";
import { snapshotFrames } from "./snapshot-frames.js";
import { anyBatches } from "./testing/edits.js";
import { bytes, refusal, selected } from "./testing/refusal.js";
import { run } from "./testing/script.js";

const { json } = SUBPROTOCOLS;
const asText = (frame: unknown): string =>
  JSON.stringify(frame, (_, value) =>
    value instanceof Uint8Array ? Buffer.from(value).toString("base64") : value,
  );

describe("wrong fields", () => {
  it.each(FRAME_TYPES)("of a %s frame are refused in both codecs", (type) => {
    fc.assert(
      fc.property(anyFrame(type), (frame) => {
        for (const mutation of mutations(FRAME_SHAPES[type], frame)) {
          const { path, value } = mutation;
          const wrong = mutate(frame, mutation);
          // JSON has no NaN: it becomes null, which is a value of its own.
          const lost = JSON.stringify(value)?.includes("null") ?? false;
          const text = refusal(() => createCodec(json).decode(asText(wrong)));
          if (!lost && !path.endsWith("appended") && !path.endsWith("bytes")) {
            expect(text, `${path}: ${asText(wrong).slice(0, 300)}`).toBeDefined();
          }
          if (path === "" || ["changes", "snapshot", "checkpoint"].includes(type)) continue;
          if (/\\ud[89a-f]/.test(JSON.stringify(value) ?? "")) continue; // not writable in UTF-8
          if (path === "/channel" && !["error"].includes(type)) continue; // not written either
          const packed = refusal(() => selected().decode(pack(wrong)));
          expect(packed, `${path}: ${asText(wrong).slice(0, 300)}`).toBeDefined();
        }
      }),
      { numRuns: 6 },
    );
  });
});

const hostile: readonly unknown[] = [
  ...[null, true, -1, 0.5, 1e300, 127, 128, 2 ** 32, 2 ** 53 - 1, "", "x", "a name", [], {}, [[]]],
  ...[
    [1, 2, 3, 4, 5, 6, 7, 8, 9],
    { toString: 1, valueOf: 1 },
    [{ toString: 1 }],
    { __proto__: 1 },
  ],
  ...[
    bytes(1, 2),
    { toJSON: "x" },
    { constructor: { prototype: 1 } },
    { length: 5 },
    "\ud83d".toWellFormed(),
  ],
];

/** Every place in a value, as a list of keys. */
function* places(
  value: unknown,
  at: readonly (string | number)[] = [],
): Generator<readonly (string | number)[]> {
  yield at;
  if (typeof value !== "object" || value === null || value instanceof Uint8Array) return;
  for (const key of Object.keys(value)) {
    yield* places((value as Record<string, unknown>)[key], [
      ...at,
      Array.isArray(value) ? Number(key) : key,
    ]);
  }
}

function replaced(
  value: unknown,
  [key, ...rest]: readonly (string | number)[],
  by: unknown,
): unknown {
  if (key === undefined) return by;
  const copy = (Array.isArray(value) ? [...value] : { ...(value as object) }) as Record<
    string | number,
    unknown
  >;
  copy[key] = replaced(copy[key], rest, by);
  return copy;
}

/** Messages of a channel, each with a receiver's context just before it. */
function* stream(batches: Parameters<typeof run>[0]): Generator<[Uint8Array, () => CodecContext]> {
  const { states, frames } = run(batches);
  const context = CodecContext.of(states[0] as ChannelState);
  const sent: Uint8Array[] = [];
  for (const [i, frame] of frames.entries()) {
    const before = [...sent];
    const receiver = () => {
      const fresh = new CodecContext();
      for (const message of before) decodeInContext(fresh, "c", message);
      return fresh;
    };
    const message = encodeInContext(context, frame);
    sent.push(message);
    yield [message, receiver];
    const now = states[i + 1] as ChannelState;
    if (i % 3 === 1)
      for (const chunk of snapshotFrames("c", now, 1, 50))
        yield [encodeInContext(context, chunk), receiver];
    if (i % 3 === 2) yield [encodeInContext(context, { ...frame, request: 1 }), receiver];
    const { cursor } = context;
    const digest = { length: 1, crc32: 1 };
    if (cursor)
      yield [
        encodeInContext(context, {
          type: "checkpoint",
          channel: "c",
          seq: i,
          message: cursor.message,
          part: cursor.part,
          ...digest,
        }),
        receiver,
      ];
  }
}

const isArray = (message: Uint8Array): boolean =>
  ((message[0] ?? 0) & 0xf0) === 0x90 || (message[0] ?? 0) === 0xdc;

describe("MessagePack array frames", () => {
  it("are read or refused whatever stands in any place of them, and leave the context lost", () => {
    fc.assert(
      fc.property(anyBatches(3, 8), fc.nat(), (batches, n) => {
        let i = n;
        for (const [message, receiver] of stream(batches)) {
          if (!isArray(message)) continue;
          const value = decode(message);
          for (const place of places(value)) {
            i += 1;
            const wrong = encode(replaced(value, place, hostile[i % hostile.length]));
            if (!isArray(wrong)) continue;
            const context = receiver();
            const error = refusal(() => decodeInContext(context, "c", wrong));
            if (error) expect(context.lost).toBe(true);
          }
        }
      }),
      { numRuns: 10 },
    );
  });

  it("are read or refused whatever becomes of their bytes", () => {
    const damage = fc.array(
      fc.tuple(fc.nat(), fc.nat({ max: 255 }), fc.constantFrom("set", "cut", "insert")),
      {
        minLength: 1,
        maxLength: 3,
      },
    );
    fc.assert(
      fc.property(anyBatches(3, 10), damage, (batches, list) => {
        for (const [message, receiver] of stream(batches)) {
          let damaged = [...message];
          for (const [at, value, how] of list) {
            const index = at % (damaged.length + 1);
            if (how === "set") damaged[index] = value;
            if (how === "cut") damaged = damaged.slice(0, index);
            if (how === "insert") damaged.splice(index, 0, value);
          }
          const wire = Uint8Array.from(damaged);
          refusal(() => decodeInContext(receiver(), "c", wire));
          refusal(() => selected().decode(wire));
        }
      }),
      { numRuns: 60 },
    );
  });

  it("are refused where they are cut, at any byte", () => {
    fc.assert(
      fc.property(anyBatches(2, 6), (batches) => {
        for (const [message, receiver] of stream(batches)) {
          if (!isArray(message)) continue;
          for (let end = 1; end < Math.min(message.length, 60); end++) {
            const error = refusal(() => decodeInContext(receiver(), "c", message.subarray(0, end)));
            expect(error?.code).toBe("malformed");
          }
        }
      }),
      { numRuns: 8 },
    );
  });
});
