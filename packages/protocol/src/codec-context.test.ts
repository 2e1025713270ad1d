import type { ChangesFrame, Frame } from "@deltawire/spec";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { apply } from "./apply.js";
import type { ChannelState } from "./channel-state.js";
import { CodecContext } from "./codec-context.js";
import { Composition } from "./compose.js";
import { encodeInContext } from "./msgpack-codec.js";
import { decodeInContext } from "./msgpack-reader.js";
import { SnapshotAssembly } from "./snapshot.js";
import { snapshotFrames } from "./snapshot-frames.js";
import { anyBatches, type Edit } from "./testing/edits.js";
import { merged } from "./testing/network.js";
import { type History, plain, run } from "./testing/script.js";

/** A random history of a channel that has gone on for a while. */
const history = (least: number, most: number): fc.Arbitrary<History> =>
  fc
    .tuple(anyBatches(least, most), fc.nat({ max: 300 }))
    .map(([batches, start]) => run(batches, "c", start));

const inside = (context: CodecContext): unknown => ({
  seq: context.seq,
  lost: context.lost,
  names: context.names.stated,
  parts: [...context.parts].sort((a, b) => a.ordinal - b.ordinal),
  cursor: context.cursor,
});

const decoded = (context: CodecContext, bytes: Uint8Array): Frame => {
  const frame = decodeInContext(context, "c", bytes);
  return frame ?? expect.fail("dropped");
};

const catchUp = (frames: readonly ChangesFrame[], result: ChannelState): ChangesFrame => {
  const composition = new Composition();
  for (const { changes } of frames) composition.add(changes);
  const changes = composition.changes(result);
  const from = frames[0]?.from ?? result.seq;
  return { type: "changes", channel: "c", from, to: result.seq, request: 7, changes };
};

/** A receiver that has what the sender's context states at a version. */
function joined(
  context: CodecContext,
  state: ChannelState,
  size?: number,
): [CodecContext, ChannelState] {
  const receiver = new CodecContext();
  receiver.lost = true;
  const assembly = new SnapshotAssembly();
  let result: ChannelState | undefined;
  for (const chunk of snapshotFrames("c", state, 7, size)) {
    const frame = decoded(receiver, encodeInContext(context, chunk));
    expect(frame).toEqual(chunk);
    expect(receiver.lost).toBe(chunk.more === true);
    if (frame.type === "snapshot") result = assembly.add(frame);
  }
  expect(inside(receiver)).toEqual(inside(context));
  expect(plain(result ?? expect.fail("no last chunk"))).toEqual(plain(state));
  return [receiver, result as ChannelState];
}

const isGap = (frame: Frame, { seq }: ChannelState): boolean =>
  frame.type === "changes" && frame.from !== seq && frame.to > seq && frame.changes.length === 0;

/** One in which some frames go over versions. */
const leaping: fc.Arbitrary<History> = fc
  .tuple(
    anyBatches(2, 30),
    fc.nat({ max: 300 }),
    fc.array(fc.constantFrom(1, 1, 2, 3, 127, 128, 129, 70_000), { maxLength: 6 }),
  )
  .map(([batches, start, steps]) => run(batches, "c", start, steps));

describe("the codec context", () => {
  it("is the same at both ends after every frame, from any snapshot on", () => {
    fc.assert(
      fc.property(leaping, fc.nat(), fc.nat({ max: 40 }), ({ states, frames }, n, size) => {
        const join = n % frames.length;
        const context = CodecContext.of(states[0] as ChannelState);
        let receiver: CodecContext | undefined;
        let state = states[0] as ChannelState;
        frames.forEach((frame, i) => {
          if (i === join)
            [receiver, state] = joined(context, states[i] as ChannelState, size || undefined);
          const bytes = encodeInContext(context, frame);
          if (!receiver) return;
          const received = decoded(receiver, bytes);
          expect(received).toEqual({ ...frame, changes: merged(frame.changes) });
          expect(inside(receiver)).toEqual(inside(context));
          state = apply(state, received as ChangesFrame);
          expect(plain(state)).toEqual(plain(states[i + 1] as ChannelState));
        });
      }),
      { numRuns: 150 },
    );
  });

  it("shows the loss of 1 to 127 frames at the next one, and is lost until a catch-up", () => {
    fc.assert(
      fc.property(
        history(140, 260),
        fc.nat({ max: 8 }),
        fc.integer({ min: 1, max: 127 }),
        fc.nat({ max: 140 }),
        fc.boolean(),
        ({ states, frames }, first, lost, more, whole) => {
          const context = CodecContext.of(states[0] as ChannelState);
          for (const frame of frames.slice(0, first)) encodeInContext(context, frame);
          let [receiver, state] = joined(context, states[first] as ChannelState);
          let repaired = false;
          for (let i = first; i < frames.length; i++) {
            const frame = frames[i] as ChangesFrame;
            const bytes = encodeInContext(context, frame);
            if (i < first + lost) continue; // these never arrive
            if (!repaired) {
              expect(isGap(decoded(receiver, bytes), state)).toBe(true);
              if (i < first + lost + more) continue; // the answer takes its time
              const now = states[i + 1] as ChannelState;
              if (whole) [receiver, state] = joined(context, now);
              else {
                const frame = catchUp(frames.slice(first, i + 1), now);
                const answer = decoded(receiver, encodeInContext(context, frame));
                expect(answer).toEqual(frame);
                state = apply(state, answer as ChangesFrame);
              }
              repaired = true;
            } else state = apply(state, decoded(receiver, bytes) as ChangesFrame);
            expect(inside(receiver)).toEqual(inside(context));
            expect(plain(state)).toEqual(plain(states[i + 1] as ChannelState));
          }
        },
      ),
      { numRuns: 40, endOnFailure: true },
    );
  });

  it.each(["append", "splice"] as const)("sees a gap of 1 to 127 frames of one %s each", (act) => {
    const head = {
      generation: 0,
      role: "user",
      parts: [{ id: "t", kind: "text", text: "" }],
    } as const;
    const edits: Edit[][] = Array.from({ length: 200 }, () => [
      { do: act, m: 0, p: 0, n: [0, 0], text: "x" },
    ]);
    const { states, frames } = run([[{ do: "add", m: 0, head }], ...edits], "c", 90);
    for (let lost = 1; lost <= 128; lost++) {
      const context = CodecContext.of(states[0] as ChannelState);
      const messages = frames.map((frame) => encodeInContext(context, frame));
      const receiver = new CodecContext(90);
      const [first, second, next, after] = [0, 1, 2 + lost, 3 + lost].map((i) => messages[i]!);
      decoded(receiver, first!);
      decoded(receiver, second!);
      const state = states[2] as ChannelState;
      // 128 lost frames look like none: that is what checkpoints are for.
      expect(isGap(decoded(receiver, next!), state)).toBe(lost < 128);
      if (lost < 128) expect(isGap(decoded(receiver, after!), state)).toBe(true);
    }
  });

  it("drops a checkpoint while it is lost, and reads it otherwise", () => {
    const text = { id: "text", kind: "text", text: "abc" } as const;
    const head = { generation: 0, role: "user", parts: [text] };
    const { states, frames } = run([
      [{ do: "add", m: 0, head }],
      [{ do: "append", m: 0, p: 0, text: "d" }],
    ]);
    const context = CodecContext.of(states[0] as ChannelState);
    const bytes = frames.map((frame) => encodeInContext(context, frame));
    const [digest] = states[2]?.messages[0]?.digests() ?? [];
    const checkpoint = {
      type: "checkpoint",
      channel: "c",
      seq: 2,
      message: "m1",
      ...digest!,
    } as const;
    const checked = encodeInContext(context, checkpoint);
    const receiver = new CodecContext();
    for (const one of bytes) decoded(receiver, one);
    expect(decodeInContext(receiver, "c", checked)).toEqual(checkpoint);
    receiver.lost = true;
    expect(decodeInContext(receiver, "c", checked)).toBeUndefined();
  });

  it("keeps the recent bytes, and leaves alone what it has handed out", () => {
    const sizes = fc.array(fc.integer({ min: 0, max: 9000 }), { maxLength: 30 });
    fc.assert(
      fc.property(sizes, (lengths) => {
        const context = new CodecContext();
        context.recent = new Uint8Array();
        let all = Buffer.alloc(0);
        const seen: [Uint8Array, Uint8Array][] = [];
        lengths.forEach((length, i) => {
          context.remember(new Uint8Array(length).fill(i));
          all = Buffer.concat([all, Buffer.alloc(length, i)]).subarray(-8192);
          const recent = context.recent as Uint8Array; // it was given
          expect(Buffer.from(recent).equals(all)).toBe(true);
          seen.push([recent, recent.slice()]);
        });
        expect(seen.every(([now, then]) => Buffer.from(now).equals(then))).toBe(true);
      }),
      { numRuns: 100 },
    );
  });
});
