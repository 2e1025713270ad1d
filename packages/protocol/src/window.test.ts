import type { Change } from "@deltawire/spec";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { apply } from "./apply.js";
import { ChannelState } from "./channel-state.js";
import { Composition } from "./compose.js";
import { diff } from "./diff.js";
import { SnapshotAssembly } from "./snapshot.js";
import { snapshotFrames } from "./snapshot-frames.js";
import { anyBatches } from "./testing/edits.js";
import { refusal } from "./testing/refusal.js";
import { run } from "./testing/script.js";

const added = (id: string, generation = 0): Change => ({
  type: "message_added",
  id,
  generation,
  role: "user",
  parts: [],
});
const frame = (from: number, ...changes: Change[]) =>
  ({ type: "changes", channel: "c", from, to: from + 1, changes }) as const;

const whole = apply(ChannelState.of("e"), frame(0, added("a"), added("b"), added("c")));
const windowed = (state: ChannelState, last: number): ChannelState => {
  const assembly = new SnapshotAssembly();
  for (const chunk of snapshotFrames("c", state, 1, 9, last)) {
    const assembled = assembly.add(chunk);
    if (assembled) return assembled;
  }
  return expect.fail("no last chunk");
};

describe("a windowed state", () => {
  const state = windowed(whole, 1);

  it("has the last messages, and counts the others", () => {
    expect([state.messages.map(({ id }) => id), state.earlier]).toEqual([["c"], 2]);
    expect(whole.earlier).toBe(0);
    expect(state.with({ seq: 9 }).withMessage(state.messages[0] ?? expect.fail()).earlier).toBe(2);
    expect([...snapshotFrames("c", state, 1)]).toMatchObject([{ earlier: 2 }]);
  });

  it.each<[string, Change]>([
    ["patch", { type: "message_patch", id: "a", status: "interrupted" }],
    ["completion", { type: "message_completed", id: "a", status: "completed", digests: [] }],
    ["removal", { type: "message_removed", id: "a" }],
  ])("skips a %s of a message that it leaves out, and moves on", (_, change) => {
    const next = apply(state, frame(1, change));
    expect([next.seq, next.messages, next.earlier]).toEqual([2, state.messages, 2]);
  });

  it("refuses a new generation of what may be a message that it leaves out", () => {
    const error = refusal(() => apply(state, frame(1, added("a", 1))));
    expect(error).toMatchObject({ code: "gap", path: "/changes/0/generation" });
    expect(apply(state, frame(1, added("c", 1), added("d"))).messages.length).toBe(2);
    expect(apply(whole, frame(1, added("d", 1))).messages.length).toBe(4);
  });

  it("is nothing to compare with", () => {
    const next = apply(state, frame(1));
    expect(() => diff("c", state, next)).toThrow("windowed");
    expect(() => diff("c", whole, state)).toThrow("windowed");
  });

  it("stays the tail of the whole one, frame by frame and composed", () => {
    const plan = fc.tuple(anyBatches(2, 25), fc.nat({ max: 3 }), fc.nat({ max: 5 }));
    let compared = 0;
    fc.assert(
      fc.property(plan, ([batches, last, step]) => {
        const { states, frames } = run(batches);
        let at = 1;
        let state = windowed(states[at] ?? expect.fail(), last);
        while (at < frames.length) {
          const end = Math.min(frames.length, at + 1 + step);
          const run = frames.slice(at, end);
          const composition = new Composition();
          for (const { changes } of run) composition.add(changes);
          const full = states[end] ?? expect.fail();
          const sum = step % 2 ? composition.changes() : composition.changes(full, true);
          const composed = { ...frame(state.seq, ...sum), to: full.seq };
          const [changes] = run;
          // A statement of what was there already, by a producer, never leaves a server.
          const first = at;
          const isRestating = run.some((next, i) =>
            next.changes.some((change) => isRestated(change, state, states[first + i])),
          );
          if (isRestating) return;
          at = end;
          try {
            state = apply(state, step === 0 && changes ? changes : composed);
          } catch (error) {
            expect(error).toMatchObject({ code: "gap" });
            state = windowed(full, last);
          }
          const { length } = state.messages;
          const tail = length > 0 ? full.messages.slice(-length) : [];
          const plain = (list: ChannelState["messages"]) =>
            list.map((message) => message.snapshot());
          expect(plain(state.messages)).toEqual(plain(tail));
          expect(state.seq).toBe(full.seq);
          if (state.earlier > 0) compared += 1;
        }
      }),
      { numRuns: 300 },
    );
    expect(compared).toBeGreaterThan(100);
  });
});

/** Whether a change states anew, in its generation, a message before the window. */
function isRestated(change: Change, state: ChannelState, before?: ChannelState): boolean {
  if (change.type !== "message_added" || state.message(change.id)) return false;
  return state.earlier > 0 && change.generation === 0 && before?.message(change.id) !== undefined;
}
