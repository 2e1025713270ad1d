import { expect, test } from "vitest";
import { added, append, frame } from "../testing/changes.js";
import { FrameLog } from "./frame-log.js";

const text = (units: number): string => "x".repeat(units);

test("gives what happened after a version, composed", () => {
  const log = new FrameLog();
  log.append(frame(4, added("m", "")));
  log.append(frame(5, append("m", 0, "Hello")));
  log.append(frame(6, append("m", 5, " world")));
  expect(log.since(5)?.changes()).toEqual([append("m", 0, "Hello world")]);
  expect(log.since(6)?.changes()).toEqual([append("m", 5, " world")]);
});

test("knows no version before its first frame, none to come, and not none", () => {
  const log = new FrameLog();
  expect(log.since(0)).toBeUndefined();
  log.append(frame(4, added("m")));
  for (const seq of [0, 3, 5, 6, undefined]) expect(log.since(seq)).toBeUndefined();
  expect(log.since(4)).toBeDefined();
});

test("keeps 1,024 frames, the latest", () => {
  const log = new FrameLog();
  for (let seq = 0; seq < 1500; seq++) log.append(frame(seq, append("m", seq, "x")));
  expect(log.since(1500 - 1025)).toBeUndefined();
  expect(log.since(1500 - 1024)?.changes()).toEqual([append("m", 476, text(1024))]);
});

test.each([2047, 2048, 2049, 5000])("keeps them after %i frames", (count) => {
  const log = new FrameLog();
  for (let seq = 0; seq < count; seq++) log.append(frame(seq, append("m", seq, "x")));
  expect(log.reaches(count - 1025)).toBe(false);
  expect(log.since(count - 1024)?.changes()).toEqual([append("m", count - 1024, text(1024))]);
  expect(log.since(count - 1)?.changes()).toEqual([append("m", count - 1, "x")]);
  expect(log.reaches(count)).toBe(false);
});

test("keeps a mebibyte, whatever it is made of", () => {
  const log = new FrameLog();
  const quarter = (seq: number) => {
    const bytes = { id: "b", kind: "bytes", bytes: new Uint8Array(1 << 18) } as const;
    const json = { id: "j", kind: "json", value: [text(1 << 18)] } as const;
    return frame(
      seq,
      added("m", seq % 3 === 0 ? text(1 << 18) : "", {
        ...(seq % 3 > 0 && { parts: [seq % 3 === 1 ? bytes : json] }),
      }),
    );
  };
  for (let seq = 0; seq < 9; seq++) log.append(quarter(seq));
  expect(log.since(5)).toBeUndefined(); // four quarters and their envelopes are more
  expect(log.since(6)).toBeDefined();
});

test("a frame larger than all of it leaves nothing, and the next one counts again", () => {
  const log = new FrameLog();
  log.append(frame(0, added("m")));
  log.append(frame(1, append("m", 0, text(2 << 20))));
  expect(log.since(0)).toBeUndefined();
  expect(log.since(1)).toBeUndefined();
  log.append(frame(2, append("m", 2 << 20, "!")));
  expect(log.since(2)).toBeDefined();
});
