import { apply, type ChannelState, SnapshotAssembly } from "@deltawire/protocol";
import type { Change, ChangesFrame, SubscribedFrame, SubscribeFrame } from "@deltawire/spec";
import { expect, test } from "vitest";
import { added, append, removed, textPart } from "../testing/changes.js";
import { startEngine } from "../testing/engine-writer.js";
import type { ChannelEngine } from "./channel-engine.js";

const subscribe = (seq?: number, epoch = "e"): SubscribeFrame => ({
  type: "subscribe",
  channel: "c",
  request: 9,
  ...(seq !== undefined && { epoch, seq }),
});
const head = (seq: number, answer: SubscribedFrame["answer"]): SubscribedFrame => ({
  type: "subscribed",
  channel: "c",
  request: 9,
  epoch: "e",
  seq,
  answer,
});

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

test("at the present version: nothing follows", () => {
  const { engine } = written();
  expect(engine.answer(subscribe(3), false)).toEqual([head(3, "current")]);
});

test("the same over MessagePack: an empty catch-up, which states the codec context", () => {
  const { engine } = written();
  expect(engine.answer(subscribe(3), true)).toEqual([
    head(3, "changes"),
    { type: "changes", channel: "c", from: 3, to: 3, request: 9, changes: [] },
  ]);
});

test("from a version that the log reaches: one frame, composed", () => {
  const { engine, states } = written();
  const [answer, catchUp, ...more] = engine.answer(subscribe(1), true);
  expect(answer).toEqual(head(3, "changes"));
  expect(catchUp).toEqual({
    type: "changes",
    channel: "c",
    from: 1,
    to: 3,
    request: 9,
    changes: [append("m", 58, "!?")],
  });
  expect(more).toEqual([]);
  const caughtUp = apply(states[1] as ChannelState, catchUp as ChangesFrame);
  expect(caughtUp.message("m")?.text).toBe(engine.state.message("m")?.text);
});

test.each([
  ["no version", subscribe()],
  ["another epoch", subscribe(3, "another")],
  ["a version to come", subscribe(4)],
])("from %s: a snapshot", (_what, frame) => {
  const { engine } = written();
  for (const compact of [true, false]) {
    const [answer, ...chunks] = engine.answer(frame, compact);
    expect(answer).toEqual(head(3, "snapshot"));
    expect(chunks).toMatchObject([{ type: "snapshot", request: 9, epoch: "e", seq: 3 }]);
  }
});

test("where edits are more than what they lead to: a snapshot", () => {
  const { engine, writer } = startEngine();
  writer.append(added("m"));
  const long = "x".repeat(500);
  const parts = Array.from({ length: 20 }, (_, i) => textPart(long, `p${i}`));
  writer.append(...parts.map((_, i) => added(`m${i}`, long)));
  writer.append(...parts.map((_, i) => removed(`m${i}`)));
  expect(engine.answer(subscribe(1), false)[0].answer).toBe("snapshot");
});

test("from a version that the log has forgotten: a snapshot", () => {
  const { engine, writer } = startEngine();
  writer.append(added("m", "x".repeat(100_000)));
  for (let i = 100_000; i < 101_024; i++) writer.append(append("m", i, "x"));
  expect(engine.answer(subscribe(0), false)[0].answer).toBe("snapshot");
  expect(engine.answer(subscribe(1), false)[0].answer).toBe("changes");
});

test("a channel of 20 MB comes in chunks that put together are the channel", () => {
  const { engine, writer } = startEngine();
  const piece = "😀 ä piece of text\n".repeat(14_000);
  writer.append(added("m", "", { parts: [] }));
  for (let part = 0; part < 80; part++) {
    const content = textPart(piece, `p${part}`);
    writer.append({
      type: "message_patch",
      id: "m",
      parts: [{ type: "part_inserted", content }],
    });
  }
  expect(engine.state.message("m")?.size).toBeGreaterThan(20_000_000);
  const [, ...chunks] = engine.answer(subscribe(), false);
  expect(chunks.length).toBeGreaterThan(50);
  const assembly = new SnapshotAssembly();
  chunks.forEach((chunk, i) => {
    if (chunk.type !== "snapshot") throw new Error("a snapshot has nothing between its chunks");
    expect(chunk.more).toBe(i < chunks.length - 1 ? true : undefined);
    expect(chunk).toMatchObject({ request: 9, seq: 81 });
    const state = assembly.add(chunk);
    if (i < chunks.length - 1) expect(state).toBeUndefined();
    else expect(state?.message("m")?.digests()).toEqual(engine.state.message("m")?.digests());
  });
});
