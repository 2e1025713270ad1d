import { apply, type ChannelState } from "@deltawire/protocol";
import type { Change, ChangesFrame } from "@deltawire/spec";
import { expect, test } from "vitest";
import { added, append, removed, splice, textPart } from "../testing/changes.js";
import { startEngine } from "../testing/engine-writer.js";
import { plain } from "../testing/pair.js";
import type { ChannelEngine } from "./channel-engine.js";

const whole = { begun: false, windowed: false };

function written(): { engine: ChannelEngine; states: ChannelState[] } {
  const { engine, writer } = startEngine();
  const states = [engine.state];
  const steps: Change[] = [
    added("m", "a long text that is more than what the edits below come to"),
    append("m", 58, "!"),
    append("m", 59, "?"),
  ];
  for (const step of steps) {
    writer.append(step);
    states.push(engine.state);
  }
  return { engine, states };
}

test("from a version that the log reaches: one frame, composed", () => {
  const { engine, states } = written();
  const frame = engine.passage(1, whole);
  const changes = [append("m", 58, "!?")];
  expect(frame).toEqual({ type: "changes", channel: "c", from: 1, to: 3, changes });
  expect(engine.since(1)).toEqual(frame);
  const caughtUp = apply(states[1] as ChannelState, frame as ChangesFrame);
  expect(caughtUp.message("m")?.text).toBe(engine.state.message("m")?.text);
});

test.each([
  ["no version", undefined],
  ["a version to come", 4],
])("from %s: a snapshot", (_what, seq) => {
  const { engine } = written();
  expect(engine.passage(seq, whole)).toBeUndefined();
  expect(engine.since(seq)).toBeUndefined();
});

test("where edits are more than what they lead to: a snapshot, unless it was begun", () => {
  const { engine, writer } = startEngine();
  writer.append(added("m"));
  const long = "x".repeat(500);
  const parts = Array.from({ length: 80 }, (_, i) => textPart(long, `p${i}`));
  writer.append(...parts.map((_, i) => added(`m${i}`, long)));
  writer.append(...parts.map((_, i) => removed(`m${i}`)));
  expect(engine.passage(1, whole)).toBeUndefined();
  expect(engine.since(1)).toBeUndefined();
  expect(engine.passage(1, { begun: true, windowed: false })).toMatchObject({ from: 1 });
});

test("from a version that the log has forgotten: a snapshot", () => {
  const { engine, writer } = startEngine();
  writer.append(added("m", "x".repeat(100_000)));
  for (let i = 100_000; i < 101_024; i++) writer.append(append("m", i, "x"));
  expect(engine.passage(0, whole)).toBeUndefined();
  expect(engine.passage(1, whole)).toMatchObject({ from: 1 });
  expect(engine.since(1)).toMatchObject({ from: 1, to: 1025 });
});

test("what is large comes in pieces of 32 KiB, each as few frames as there are in it", () => {
  const { engine, writer } = startEngine();
  writer.append(added("m", "x".repeat(100_000)));
  const before = engine.state;
  for (let i = 0; i < 100; i++) writer.append(append("m", 100_000 + 1000 * i, "y".repeat(1000)));
  let state = before;
  let pieces = 0;
  while (state.seq < engine.state.seq) {
    const frame = engine.passage(state.seq, { begun: pieces > 0, windowed: false });
    expect(JSON.stringify(frame).length).toBeLessThan(33_000);
    state = apply(state, frame as ChangesFrame);
    pieces += 1;
  }
  expect(pieces).toBeLessThan(5);
  expect(plain(state)).toEqual(plain(engine.state));
  expect(engine.since(before.seq)).toMatchObject({ from: 1, to: 101 }); // in one, for who asks so
});

test("to who holds the last messages no message is stated whole that was there before", () => {
  const { engine, writer } = startEngine();
  writer.append(added("old", "x".repeat(40)), added("new", "y".repeat(1000)));
  for (let i = 0; i < 40; i += 2) writer.append(splice("old", i, 1, "z"));
  const types = (windowed: boolean) =>
    engine.passage(1, { begun: false, windowed })?.changes.map(({ type }) => type);
  expect(types(true)).toEqual(["message_patch"]);
  writer.append(added("old", "", { role: "another" })); // stated whole by the frame itself
  expect(types(false)).toBeDefined();
  expect(types(true)).toBeUndefined();
});
