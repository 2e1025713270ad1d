import { type ChangesFrame, DeltawireError, type Frame, SUBPROTOCOLS } from "@deltawire/spec";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { apply } from "./apply.js";
import type { ChannelState } from "./channel-state.js";
import { createCodec } from "./codec.js";
import { CodecContext } from "./codec-context.js";
import { Composition } from "./compose.js";
import { diff } from "./diff.js";
import { ARRAY } from "./msgpack-codec.js";
import { SharedFrame } from "./shared-frame.js";
import { SnapshotAssembly } from "./snapshot.js";
import { snapshotFrames } from "./snapshot-frames.js";
import { anyBatches } from "./testing/edits.js";
import { type History, plain, run } from "./testing/script.js";
import type { Codec } from "./wire.js";

// What is sent to an end whose codec context is not the sender's: a consumer that has fallen
// behind, one that joined with a window, and a producer that comes back.

const { msgpack } = SUBPROTOCOLS;

const history = (least: number, most: number): fc.Arbitrary<History> =>
  fc
    .tuple(anyBatches(least, most), fc.nat({ max: 300 }))
    .map(([batches, start]) => run(batches, "c", start));

const composed = (frames: readonly ChangesFrame[], result: ChannelState): ChangesFrame => {
  const composition = new Composition();
  for (const { changes } of frames) composition.add(changes);
  const from = frames[0]?.from ?? result.seq;
  const changes = composition.changes(result);
  return { type: "changes", channel: "c", from, to: result.seq, changes };
};

/** What a message says to a reader; the `select` before it says nothing. */
const heard = (reader: Codec, messages: ReturnType<Codec["encode"]>): Frame | undefined =>
  messages.map((message) => reader.decode(message)).at(-1);

/**
 * Whether a frame states a message that is there anew in the same generation: who has a window that
 * begins after it cannot tell it from a new one, so servers send them a snapshot instead.
 */
function restates(state: ChannelState, { changes }: ChangesFrame): boolean {
  const removed = new Set<string>();
  return changes.some((change) => {
    if (change.type === "message_removed") removed.add(change.id);
    if (change.type !== "message_added" || removed.has(change.id)) return false;
    return state.message(change.id)?.generation === change.generation;
  });
}

/** The messages of a replica, each as it is in the state of which it has a window. */
function expectWindow(held: ChannelState, whole: ChannelState): void {
  const expected = held.messages.map(({ id }) => whole.message(id)?.snapshot());
  expect(held.messages.map((message) => message.snapshot())).toEqual(expected);
  const ids = new Set(held.messages.map(({ id }) => id));
  const order = whole.messages.map(({ id }) => id).filter((id) => ids.has(id));
  expect(held.messages.map(({ id }) => id)).toEqual(order);
  expect(held.seq).toBe(whole.seq);
  expect(held.attributes).toEqual(whole.attributes);
}

describe("a consumer that does not have the channel's codec context", () => {
  /** One consumer among others, whose frames move the channel's context on. */
  class Consumer {
    readonly #codec = createCodec(msgpack);
    readonly #reader = createCodec(msgpack);
    readonly #context: CodecContext;
    state: ChannelState | undefined;

    constructor(context: CodecContext) {
      this.#context = context;
    }

    /** A snapshot in a context of its own, while the channel goes on; then what came meanwhile. */
    join(pinned: ChannelState, size: number, last: number | undefined): void {
      const assembly = new SnapshotAssembly();
      const context = CodecContext.of(pinned);
      for (const chunk of snapshotFrames("c", pinned, 1, size, last)) {
        const frame = heard(
          this.#reader,
          this.#codec.encodeShared(new SharedFrame(chunk, { plain: context })),
        );
        expect(frame).toEqual(chunk);
        if (frame?.type === "snapshot") this.state = assembly.add(frame);
      }
    }

    /** States the channel's context, and what there is to it. */
    catchUp(frame: ChangesFrame): void {
      const before = { seq: this.#context.seq, parts: [...this.#context.parts].length };
      this.take(new SharedFrame(frame, { plain: this.#context }, { restates: true }), frame);
      expect(before).toEqual({ seq: this.#context.seq, parts: [...this.#context.parts].length });
    }

    take(shared: SharedFrame, expected?: Frame): void {
      const frame = heard(this.#reader, this.#codec.encodeShared(shared));
      if (expected) expect(frame).toEqual(expected);
      if (frame?.type !== "changes" || !this.state) throw new TypeError("no changes");
      if (frame.to > this.state.seq) this.state = apply(this.state, frame);
    }
  }

  it("reads late chunks, what is composed behind them, and live frames after that", () => {
    const steps = fc.array(fc.constantFrom("live", "late", "skip", "again"), { minLength: 30 });
    fc.assert(
      fc.property(
        history(4, 30),
        steps,
        fc.integer({ min: 1, max: 60 }),
        fc.option(fc.nat({ max: 3 }), { nil: undefined }),
        ({ states, frames }, acts, size, last) => {
          const context = CodecContext.of(states[0] as ChannelState);
          const consumer = new Consumer(context);
          const at = (n: number) => states[n] as ChannelState;
          const rejoin = (n: number) => {
            consumer.join(at(n), size, last);
            consumer.catchUp({ ...composed([], at(n)), request: 1 });
          };
          rejoin(0);
          let behind = 0; // versions that it was not sent
          frames.forEach((frame, i) => {
            const shared = new SharedFrame(frame, { plain: context });
            const act = acts[i % acts.length];
            if (last !== undefined && restates(at(i), frame)) {
              rejoin(i + 1);
              behind = 0;
              return;
            }
            try {
              if (act === "skip") behind += 1;
              else if (act === "again" || act === "late") {
                // Pinned some versions ago, and sent only now; then the rest.
                const pinned = act === "late" ? i + 1 - behind : i + 1;
                consumer.join(at(pinned), size, last);
                const rest = composed(frames.slice(pinned, i + 1), at(i + 1));
                consumer.catchUp(rest.to > rest.from ? rest : { ...rest, request: 1 });
                behind = 0;
              } else if (behind > 0) {
                consumer.catchUp(composed(frames.slice(i - behind, i + 1), at(i + 1)));
                behind = 0;
              } else consumer.take(shared);
            } catch (error) {
              // A message that may be one before the window begins anew: nothing else may fail.
              if (!(error instanceof DeltawireError)) throw error;
              expect([error.code, consumer.state?.earlier === 0]).toEqual(["gap", false]);
              rejoin(i + 1);
              behind = 0;
            }
            if (behind > 0) return;
            if (last === undefined) {
              expect(plain(consumer.state as ChannelState)).toEqual(plain(at(i + 1)));
            } else expectWindow(consumer.state as ChannelState, at(i + 1));
          });
        },
      ),
      { numRuns: 120 },
    );
  });
});

describe("a producer that comes back", () => {
  it("is read from its first frame on, by ordinal, whatever it was numbered by before", () => {
    fc.assert(
      fc.property(
        history(3, 25),
        fc.nat(),
        fc.nat(),
        fc.nat({ max: 5 }),
        ({ states, frames }, a, b, unused) => {
          const lost = a % frames.length; // the log holds the frames before this one
          const present = lost + 1 + (b % (frames.length - lost));
          const [producer, server] = [createCodec(msgpack), createCodec(msgpack)];
          const say = (frame: Frame, after?: ChannelState) =>
            heard(server, producer.encode(frame, after));
          const attach = (seq: number) => {
            say({ type: "produce", channel: "c", producer: "p", instance: "i" });
            const producing = { channel: "c", producer: "p", epoch: "epoch-1", seq, token: 1 };
            heard(producer, server.encode({ type: "producing", ...producing }));
          };
          const { seq } = states[0] as ChannelState;
          attach(seq);
          for (const frame of frames.slice(0, lost)) say(frame);
          let held = states[lost] as ChannelState;
          attach(held.seq);
          const now = states[present] as ChannelState;
          const to = now.seq + unused;
          const frame = { ...diff("c", held, now), to };
          const said = say(frame, now);
          expect(said).toEqual(frame);
          held = apply(held, said as ChangesFrame);
          frames.slice(present).forEach((next, i) => {
            const live = { ...next, from: next.from + unused, to: next.to + unused };
            const received = say(live) as ChangesFrame;
            expect([received.from, received.to]).toEqual([live.from, live.to]);
            held = apply(held, received);
            const expected = states[present + i + 1] as ChannelState;
            expect(plain(held)).toEqual(plain(expected.with({ seq: live.to })));
          });
        },
      ),
      { numRuns: 120 },
    );
  });

  it("sends text alone as soon as its part has a number", () => {
    const head = {
      generation: 0,
      role: "r",
      parts: [{ id: "t", kind: "text", text: "a" }],
    } as const;
    const { states, frames } = run([
      [{ do: "add", m: 0, head }],
      [{ do: "append", m: 0, p: 0, text: "b" }],
      [{ do: "append", m: 0, p: 0, text: "c" }],
    ]);
    const producer = createCodec(msgpack);
    producer.encode({ type: "produce", channel: "c", producer: "p" });
    const first = producer.encode(frames[1] as ChangesFrame, states[2]);
    const second = producer.encode(frames[2] as ChangesFrame);
    expect((first[0] as Uint8Array)[1]).toBe(ARRAY.catch_up);
    expect(second).toEqual([Uint8Array.of(0xc1, 3, 0, 0x63)]);
    const json = createCodec(SUBPROTOCOLS.json);
    expect(json.encode(frames[1] as ChangesFrame, states[2])).toEqual(json.encode(frames[1]!));
  });
});
