import type { ChangesFrame } from "@deltawire/spec";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { apply } from "./apply.js";
import { ChannelState } from "./channel-state.js";
import { Composition, compose } from "./compose.js";
import { diff } from "./diff.js";
import { Message } from "./message.js";
import { anyBatches } from "./testing/edits.js";
import { type Model, reduced } from "./testing/model.js";
import { type History, plain, run } from "./testing/script.js";

/** A random history of some frames. */
const history = (most: number, least = 0): fc.Arbitrary<History> =>
  anyBatches(least, most).map((list) => run(list));

const fraction = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });

/** The content of a state, versions aside. */
const content = (state: ChannelState): unknown => plain(state.with({ seq: 0 }));

const composeAll = (frames: readonly ChangesFrame[], result?: ChannelState): ChangesFrame => {
  const [first, ...rest] = frames as [ChangesFrame, ...ChangesFrame[]];
  const composition = new Composition();
  for (const { changes } of frames) composition.add(changes);
  return { ...first, to: rest.at(-1)?.to ?? first.to, changes: composition.changes(result) };
};

/** The same state, sharing nothing with it. */
function copied(state: ChannelState): ChannelState {
  const { epoch, seq, attributes, closed, messages } = state;
  return ChannelState.of(epoch, {
    seq,
    attributes: structuredClone(attributes),
    messages: messages.map((message) => Message.of(structuredClone(message.snapshot()))),
    ...(closed && { closed }),
  });
}

describe("the algebra of changes", () => {
  it("apply does what a reducer of plain values does", () => {
    fc.assert(
      fc.property(history(20), ({ states, frames }) => {
        let model: Model = { messages: [] };
        frames.forEach((frame, i) => {
          model = frame.changes.reduce(reduced, model);
          const { messages, attributes, closed } = states[i + 1] as ChannelState;
          const state = messages.map((message) => message.snapshot());
          expect(state).toEqual(model.messages);
          expect(attributes).toEqual(model.attributes ?? {});
          expect(closed).toEqual(model.closed);
        });
      }),
      { numRuns: 100 },
    );
  });

  it("apply(a, diff(a, b)) = b, whatever lies between", () => {
    fc.assert(
      fc.property(history(12), fc.nat(), ({ states }, n) => {
        const from = n % states.length;
        const a = states[from] as ChannelState;
        expect(diff("c", a, a).changes).toEqual([]);
        for (const b of states.slice(from)) {
          expect(plain(apply(a, diff("c", a, b)))).toEqual(plain(b));
          const copy = copied(b);
          expect(plain(apply(a, diff("c", a, copy)))).toEqual(plain(b));
          expect(diff("c", b, copy).changes).toEqual([]);
        }
      }),
      { numRuns: 150 },
    );
  });

  it("apply(apply(a, p), q) = apply(a, compose(p, q)), with and without the result", () => {
    fc.assert(
      fc.property(history(6, 2), fraction, ({ states, frames }, x) => {
        const i = Math.floor(x * (frames.length - 1));
        const [p, q] = frames.slice(i, i + 2) as [ChangesFrame, ChangesFrame];
        const [a, , b] = states.slice(i, i + 3) as [ChannelState, ChannelState, ChannelState];
        expect(plain(apply(a, compose(p, q)))).toEqual(plain(b));
        expect(plain(apply(a, compose(p, q, b)))).toEqual(plain(b));
      }),
      { numRuns: 200 },
    );
  });

  it("any run of frames composes, in any grouping", () => {
    fc.assert(
      fc.property(history(24, 2), fraction, fraction, fraction, ({ states, frames }, x, y, z) => {
        const i = Math.floor(x * (frames.length - 1));
        const j = i + 1 + Math.floor(y * (frames.length - i - 1));
        const k = j + 1 + Math.floor(z * (frames.length - j));
        const [a, b] = [states[i], states[k]] as [ChannelState, ChannelState];
        const whole = composeAll(frames.slice(i, k), b);
        expect(plain(apply(a, whole))).toEqual(plain(b));
        const [left, right] = [composeAll(frames.slice(i, j)), composeAll(frames.slice(j, k), b)];
        expect(plain(apply(a, compose(left, right)))).toEqual(plain(b));
        expect(plain(apply(a, compose(left, right, b)))).toEqual(plain(b));
      }),
      { numRuns: 200 },
    );
  });

  it("a long run of small changes composes, and stays within what the state costs", () => {
    fc.assert(
      fc.property(anyBatches(100, 400), (list) => {
        const { states, frames } = run(list);
        const [first, last] = [states[0], states.at(-1)] as [ChannelState, ChannelState];
        const composed = composeAll(frames, last);
        expect(content(apply(first, composed))).toEqual(content(last));
        expect(sizeOf(composed.changes)).toBeLessThanOrEqual(bound(last));
      }),
      { numRuns: 10 },
    );
  });
});

const encoder = new TextEncoder();
const sizeOf = (value: unknown): number =>
  encoder.encode(
    JSON.stringify(value, (_, item) => (item instanceof Uint8Array ? [...item] : item)),
  ).length;

function bound(state: ChannelState): number {
  return 2 * sizeOf(plain(state)) + 4096;
}
