import { apply, ChannelState } from "@deltawire/protocol";
import type { Change, ChangesFrame } from "@deltawire/spec";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { Encoder } from "./encoder.js";

const begin = (id: string, ...parts: string[]): Change => ({
  type: "message_added",
  id,
  generation: 0,
  role: "assistant",
  parts: parts.map((part) => ({ id: part, kind: "text", text: "" })),
});

/** An append to wherever the part ends by now. */
function append(encoder: Encoder, id: string, part: string, text: string): Change {
  const held = encoder.state.message(id)?.part(part);
  const changed_offset = held?.kind === "text" ? held.content.length : 0;
  const splices = [{ changed_offset, removed: 0, text }];
  return { type: "message_patch", id, parts: [{ type: "text_splice", part, splices }] };
}

const replay = (frames: readonly ChangesFrame[]): ChannelState =>
  frames.reduce(apply, ChannelState.of(""));

const texts = (state: ChannelState): unknown => state.messages.map((message) => message.snapshot());

describe("Encoder", () => {
  test("invariant 1, L10: the first change at once, the last at the window's end", () => {
    const encoder = new Encoder("c");
    expect(encoder.dueAt).toBeUndefined();
    encoder.change(begin("m", "t"));
    expect(encoder.take(1000)).toHaveLength(1);
    encoder.change(append(encoder, "m", "t", "a"));
    encoder.change(append(encoder, "m", "t", "b"));
    expect(encoder.dueAt).toBe(1100);
    expect(encoder.take(1099)).toEqual([]);
    const [frame, ...more] = encoder.take(1100);
    expect(more).toEqual([]);
    expect(JSON.stringify(frame)).toContain('"text":"ab"');
    expect(encoder.dueAt).toBeUndefined();
    // A window that nothing was written in leaves the next change to be at once again.
    encoder.change(append(encoder, "m", "t", "c"));
    expect(encoder.dueAt).toBe(1200);
    expect(encoder.take(1300)).toHaveLength(1);
  });

  test("a throttle of 0 holds nothing back", () => {
    const encoder = new Encoder("c", { throttle: 0 });
    encoder.change(begin("m", "t"));
    encoder.take(5);
    encoder.change(append(encoder, "m", "t", "a"));
    expect(encoder.take(5)).toHaveLength(1);
  });

  test("invariant 2, L13: what was written before a part began is on the wire before it", () => {
    const encoder = new Encoder("c");
    encoder.change(begin("m", "one"));
    encoder.take(0);
    encoder.change(append(encoder, "m", "one", "the sentence"));
    const content = { id: "tool", kind: "json", value: {} } as const;
    const inserted = { type: "part_inserted", content } as const;
    encoder.change({ type: "message_patch", id: "m", parts: [inserted] });
    const wire = JSON.stringify(encoder.take(100));
    expect(wire.indexOf("the sentence")).toBeGreaterThan(0);
    expect(wire.indexOf("the sentence")).toBeLessThan(wire.indexOf("part_inserted"));
  });

  test("invariant 2, L14, L16: one window takes all parts along, in one frame", () => {
    const encoder = new Encoder("c");
    encoder.change(begin("m", "a", "b", "c"));
    encoder.take(0);
    for (const part of ["a", "b", "c", "a", "b", "c"]) {
      encoder.change(append(encoder, "m", part, part));
    }
    const frames = encoder.take(100);
    expect(frames.map(({ from, to }) => to - from)).toEqual([1]);
    expect(
      [...JSON.stringify(frames).matchAll(/"part":"(.)".*?"text":"(\w+)"/g)].map(([, ...of]) => of),
    ).toEqual([
      ["a", "aa"],
      ["b", "bb"],
      ["c", "cc"],
    ]);
    expect(encoder.dueAt).toBeUndefined();
  });

  test("invariant 3, L11: flush makes everything due, and says which version has it", () => {
    const encoder = new Encoder("c");
    encoder.change(begin("m", "t"));
    encoder.take(0);
    encoder.change(append(encoder, "m", "t", "the end"));
    const message = encoder.state.message("m")?.withStatus("completed");
    if (message) encoder.change(message.completion());
    const seq = encoder.flush();
    const frames = encoder.take(1);
    expect(frames.at(-1)?.to).toBe(seq);
    expect(JSON.stringify(frames)).toMatch(/the end.*message_completed/);
  });

  test("a change that does not apply changes nothing", () => {
    const encoder = new Encoder("c");
    encoder.change(begin("m", "t"));
    const before = encoder.state;
    expect(() => encoder.change(append(encoder, "m", "x", "a"))).toThrow(/no part x/);
    expect(encoder.state).toBe(before);
    expect(replay(encoder.take(0)).messages).toHaveLength(1);
  });

  test("a pending megabyte does not wait for the window", () => {
    const encoder = new Encoder("c");
    encoder.change(begin("m", "t"));
    encoder.take(0);
    for (let i = 0; i < 5; i++) encoder.change(append(encoder, "m", "t", "x".repeat(300_000)));
    expect(encoder.dueAt).toBe(Number.NEGATIVE_INFINITY);
    const [first] = encoder.take(1);
    expect(JSON.stringify(first).length).toBeLessThan(2_000_000);
  });

  test("invariants 1, 2 and 4, L10, L15: over random schedules", () => {
    const step = fc.record({
      wait: fc.integer({ min: 0, max: 250 }),
      part: fc.constantFrom("a", "b"),
      text: fc.string({ minLength: 1, maxLength: 5 }),
    });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
        const encoder = new Encoder("c");
        const frames: ChangesFrame[] = [];
        let now = 0;
        let oldest: number | undefined;
        const run = (until: number) => {
          for (let due = encoder.dueAt; due !== undefined && due <= until; due = encoder.dueAt) {
            now = Math.max(now, due);
            if (oldest !== undefined) expect(now - oldest).toBeLessThanOrEqual(100);
            frames.push(...encoder.take(now));
            oldest = undefined;
          }
          now = until;
        };
        encoder.change(begin("m", "a", "b"));
        for (const { wait, part, text } of steps) {
          run(now + wait);
          encoder.change(append(encoder, "m", part, text));
          oldest ??= now;
        }
        run(now + 200);
        expect(frames.map(({ from, to }) => to - from)).toEqual(frames.map(() => 1));
        expect(frames.map(({ to }) => to)).toEqual(frames.map((_frame, i) => i + 1));
        expect(texts(replay(frames))).toEqual(texts(encoder.state));
      }),
    );
  });
});
