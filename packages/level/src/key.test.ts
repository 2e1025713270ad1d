import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  channelOf,
  entryKey,
  entryRange,
  headKey,
  indexOf,
  type KeyRange,
  messageKey,
  messagePlaceOf,
  messageRange,
  patchKey,
  recordKey,
  recordRange,
  snapshotKey,
  snapshotPlaceKey,
  UNFINISHED_RANGE,
  unfinishedKey,
} from "./key.js";

const name = fc.string({ unit: "grapheme", minLength: 1, maxLength: 20 });
const index = fc.oneof(fc.nat(300), fc.maxSafeNat());
const order = fc.oneof(fc.integer(), fc.maxSafeInteger(), fc.double({ noNaN: true }));

const compare = (one: Uint8Array, other: Uint8Array): number =>
  Math.sign(Buffer.compare(one, other));
const isIn = (key: Uint8Array, { gte, lt }: KeyRange): boolean =>
  compare(gte, key) <= 0 && compare(key, lt) < 0;

describe("keys", () => {
  it("sort records as their indexes do, across any range of channels", () => {
    fc.assert(
      fc.property(name, index, index, (channel, one, other) => {
        const [a, b] = [recordKey(channel, one), recordKey(channel, other)];
        expect(compare(a, b)).toBe(Math.sign(one - other));
        expect(indexOf(a)).toBe(one);
        if (one < Number.MAX_SAFE_INTEGER) {
          expect(isIn(a, recordRange(channel, other))).toBe(one >= other);
        }
      }),
    );
  });

  it("sort messages as their orders do, and patches after their message", () => {
    fc.assert(
      fc.property(name, order, order, name, name, fc.nat(), (channel, one, other, id, id2, n) => {
        const [a, b] = [messageKey(channel, one, id), messageKey(channel, other, id2)];
        if (one !== other) expect(compare(a, b)).toBe(Math.sign(one - other));
        expect(isIn(a, messageRange(channel))).toBe(true);
        expect(isIn(a, messageRange(channel, other))).toBe(one < other);
        const patches = [n, n + 1].map((number) => patchKey(channel, one, id, number));
        expect(compare(a, patches[0] ?? a)).toBe(-1);
        expect(compare(patches[0] ?? a, patches[1] ?? a)).toBe(-1);
        // No other message stands between a message and its patches.
        if (one === other && id !== id2) expect(compare(a, b)).toBe(compare(patches[1] ?? a, b));
        const place = { order: one === 0 ? 0 : one, id };
        expect(messagePlaceOf(a)).toEqual(place);
        expect(messagePlaceOf(patches[1] ?? a)).toEqual({ ...place, patch: n + 1 });
      }),
    );
  });

  it("keep channels apart, whatever they are called", () => {
    fc.assert(
      fc.property(name, name, name, index, (channel, other, id, at) => {
        fc.pre(channel !== other);
        const keys = [
          recordKey(other, at),
          messageKey(other, at, id),
          patchKey(other, at, id, 0),
          entryKey(other, id),
          headKey(other),
          snapshotKey(other),
          snapshotPlaceKey(other),
          unfinishedKey(other),
        ];
        const ranges = [recordRange(channel, 0), messageRange(channel), entryRange(channel)];
        for (const key of keys) for (const range of ranges) expect(isIn(key, range)).toBe(false);
        expect(isIn(entryKey(channel, id), entryRange(channel))).toBe(true);
        expect(isIn(unfinishedKey(channel), UNFINISHED_RANGE)).toBe(true);
        expect(channelOf(unfinishedKey(channel))).toBe(channel);
      }),
    );
  });
});
