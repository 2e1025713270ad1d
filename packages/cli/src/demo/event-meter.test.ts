import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { EventMeter } from "./event-meter.js";
import { frameKind } from "./frame-kind.js";
import type { PassedMessage } from "./frame-meter.js";

const EVENTS = [
  'id: e:1\ndata: {"type":"snapshot","channel":"c"}\n\n',
  'data: {"type":"welcome","version":1}\n\n',
  `data: {"type":"changes","channel":"c","text":"${"x".repeat(200)}{}"}\n\n`,
];
const STREAM = Buffer.from(["retry: 1000\n\n", ":\n\n", ...EVENTS].join(""));

function measure(pieces: readonly Uint8Array[]): PassedMessage[] {
  const seen: PassedMessage[] = [];
  const meter = new EventMeter((message) => seen.push(message));
  for (const piece of pieces) meter.push(piece);
  expect(meter.bytes).toBe(pieces.reduce((sum, { length }) => sum + length, 0));
  return seen;
}

describe("EventMeter", () => {
  it("sees each event that carries a frame, and what frame", () => {
    const seen = measure([STREAM]);
    expect(seen.map(({ length }) => length)).toEqual(EVENTS.map(({ length }) => length));
    expect(seen.map(({ first }) => frameKind(first))).toEqual(["snapshot", "control", "state"]);
    expect(seen.at(-1)?.end).toBe(STREAM.length);
    expect(seen.at(-1)?.first).toHaveLength(64);
  });

  it("sees the same in whatever pieces it comes", () => {
    const whole = measure([STREAM]);
    const cut = fc.uniqueArray(fc.nat(STREAM.length), { maxLength: 40 });
    fc.assert(
      fc.property(cut, (cuts) => {
        const at = [0, ...cuts.sort((a, b) => a - b), STREAM.length];
        const pieces = at.slice(1).map((end, i) => STREAM.subarray(at[i], end));
        expect(measure(pieces)).toEqual(whole);
      }),
    );
  });
});
