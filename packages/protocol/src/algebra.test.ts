import { type ChangesFrame, type PartContent, SUBPROTOCOLS } from "@deltawire/spec";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { apply } from "./apply.js";
import { ChannelState } from "./channel-state.js";
import { createCodec } from "./codec.js";
import { CodecContext } from "./codec-context.js";
import { Composition, compose } from "./compose.js";
import { diff } from "./diff.js";
import { Message } from "./message.js";
import { encodeInContext } from "./msgpack-codec.js";
import { snapshotFrames } from "./snapshot-frames.js";
import { anyBatches, type Edit } from "./testing/edits.js";
import { type Model, reduced } from "./testing/model.js";
import { type History, plain, run } from "./testing/script.js";

/** A random history of some frames. */
const history = (most: number, least = 0): fc.Arbitrary<History> =>
  anyBatches(least, most).map((list) => run(list));

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

  it("apply(apply(a, p), q) = apply(a, compose(p, q)), over any run and in any grouping", () => {
    fc.assert(
      fc.property(history(14, 2), fc.nat(), fc.nat(), ({ states, frames }, n, m) => {
        const from = n % (frames.length - 1);
        const middle = from + 1 + (m % (frames.length - from - 1));
        const [a, z] = [states[from], states.at(-1)] as [ChannelState, ChannelState];
        const run = new Composition();
        for (let i = from; i < frames.length; i++) {
          const [frame, b] = [frames[i], states[i + 1]] as [ChangesFrame, ChannelState];
          run.add(frame.changes);
          for (const result of [undefined, b]) {
            const composed = { ...frame, from: a.seq, changes: run.changes(result) };
            expect(plain(apply(a, composed))).toEqual(plain(b));
          }
        }
        const left = composeAll(frames.slice(from, middle));
        const right = composeAll(frames.slice(middle), z);
        expect(plain(apply(a, compose(left, right)))).toEqual(plain(z));
        expect(plain(apply(a, compose(left, right, z)))).toEqual(plain(z));
      }),
      { numRuns: 150 },
    );
  });

  it("refuses to compose frames that do not follow each other", () => {
    const frame: ChangesFrame = { type: "changes", channel: "c", from: 1, to: 2, changes: [] };
    expect(() => compose(frame, { ...frame, from: 3, to: 4 })).toThrow(
      expect.objectContaining({ code: "gap", path: "/from", channel: "c" }),
    );
  });

  it("a long run composes to about what the state costs, at most", () => {
    fc.assert(
      fc.property(anyBatches(60, 300), (list) => {
        const { states, frames } = run(list);
        const from = 5;
        const [a, b] = [states[from], states.at(-1)] as [ChannelState, ChannelState];
        const composed = composeAll(frames.slice(from), b);
        expect(plain(apply(a, composed))).toEqual(plain(b));
        const [whole] = snapshotFrames("c", b, 1);
        const size = encodeInContext(CodecContext.of(a), { ...composed, to: a.seq + 1 }).length;
        const most = whole ? encodeInContext(CodecContext.of(b), whole).length : 0;
        const removed = composed.changes.filter(({ type }) => type === "message_removed").length;
        expect(size).toBeLessThanOrEqual(1.5 * most + 16 * (removed + b.messages.length) + 64);
      }),
      { numRuns: 40, endOnFailure: true },
    );
  });

  it.each<readonly [string, (n: number) => Edit[]]>([
    ["attributes", (n) => [{ do: "attributes", m: 0, n: [1, n], value: n }]],
    ["channel attributes", (n) => [{ do: "channel", n: [1, n], value: n }]],
    ["a list", (n) => [{ do: "json", m: 0, n: [n, 0], value: n }]],
    ["text", (n) => [{ do: "splice", m: 0, n: [(n * 7) % 50, (n * 7) % 50], text: "x" }]],
    ["bytes", (n) => [{ do: "bytes", m: 0, n: [1, 9], bytes: Uint8Array.of(n, n, n) }]],
    [
      "parts that come and go",
      (n) => [
        { do: "insert", m: 0, n: [3], content: { id: `p${n}`, kind: "text", text: "" } },
        { do: "insert", m: 0, n: [3], content: { id: `q${n}`, kind: "text", text: "" } },
        { do: "drop", m: 0, p: 4 },
        { do: "drop", m: 0, p: 3 },
      ],
    ],
  ])("a run over %s stays as small as what is left of it", (_, edit) => {
    const parts: PartContent[] = [
      { id: "t", kind: "text", text: "some text" },
      { id: "j", kind: "json", value: [] },
      { id: "b", kind: "bytes", bytes: Uint8Array.of(1) },
    ];
    const head = { generation: 0, role: "assistant", parts };
    const batches = Array.from({ length: 600 }, (_, n) => edit(n));
    const { states, frames } = run([[{ do: "add", m: 0, head }], ...batches]);
    const [a, b] = [states[1], states.at(-1)] as [ChannelState, ChannelState];
    const composed = composeAll(frames.slice(1), b);
    expect(plain(apply(a, composed))).toEqual(plain(b));
    const whole = diff("c", ChannelState.of(a.epoch), b);
    expect(sizeOf(composed)).toBeLessThanOrEqual(2 * sizeOf(whole) + 200);
  });
});

const sizeOf = (frame: ChangesFrame): number =>
  (createCodec(SUBPROTOCOLS.json).encode(frame)[0] as string).length;
