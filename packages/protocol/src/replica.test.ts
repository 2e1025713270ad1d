import { type ChangesFrame, SUBPROTOCOLS } from "@deltawire/spec";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { ChannelState } from "./channel-state.js";
import { createCodec } from "./codec.js";
import { CodecContext } from "./codec-context.js";
import { Composition } from "./compose.js";
import { snapshotFrames } from "./snapshot-frames.js";
import { anyBatches } from "./testing/edits.js";
import { Replica, shared } from "./testing/network.js";
import { type History, plain, run } from "./testing/script.js";
import type { Wire } from "./wire.js";

const { json, msgpack } = SUBPROTOCOLS;

const history = (least: number, most: number, channel = "c"): fc.Arbitrary<History> =>
  anyBatches(least, most).map((batches) => run(batches, channel, 120));

const composed = (frames: readonly ChangesFrame[], result?: ChannelState): ChangesFrame => {
  const run = new Composition();
  for (const { changes } of frames) run.add(changes);
  const [first, last] = [frames[0], frames.at(-1)] as [ChangesFrame, ChangesFrame];
  return { ...first, to: last.to, changes: run.changes(result) };
};

describe("a replica", () => {
  it("ends in the same state however frames are split, repeated or late", () => {
    const disturbance = fc.array(fc.tuple(fc.nat({ max: 4 }), fc.nat(), fc.boolean()), {
      minLength: 1,
      maxLength: 40,
      size: "max",
    });
    fc.assert(
      fc.property(history(4, 30), disturbance, ({ states, frames }, plan) => {
        const replica = new Replica(json);
        replica.state = states[0] as ChannelState;
        const sent: ChangesFrame[] = [];
        for (let at = 0, i = 0; at < frames.length; i++) {
          const [length = 0, n = 0, whole = false] = plan[i % plan.length] ?? [];
          const end = Math.min(frames.length, at + 1 + length);
          const frame = composed(frames.slice(at, end), whole ? states[end] : undefined);
          sent.push(frame);
          expect(replica.take(frame)).toBe("applied");
          expect(plain(replica.state)).toEqual(plain(states[end] as ChannelState));
          expect(replica.take(sent[n % sent.length] as ChangesFrame)).toBe("ignored");
          const later = frames[end + 1];
          if (later) expect(replica.take(later)).toBe("gap");
          at = end;
        }
        expect(plain(replica.state)).toEqual(plain(states.at(-1) as ChannelState));
      }),
      { numRuns: 100 },
    );
  });

  it("follows two channels through joins, losses, repetitions and repairs, in both codecs", () => {
    const event = fc.record({
      channel: fc.nat({ max: 1 }),
      act: fc.constantFrom("deliver", "deliver", "deliver", "lose", "repeat", "join", "repair"),
      whole: fc.boolean(),
    });
    const events = fc.array(event, { minLength: 10, maxLength: 80, size: "max" });
    fc.assert(
      fc.property(history(10, 30, "a"), history(10, 30, "b"), events, (a, b, plan) => {
        const channels = [a, b].map(({ states, frames }) => ({
          states,
          frames,
          at: 0,
          context: CodecContext.of(states[0] as ChannelState),
        }));
        for (const subprotocol of [msgpack, json]) follow(channels, plan, subprotocol);
      }),
      { numRuns: 60 },
    );
  });
});

interface Channel extends History {
  at: number;
  context: CodecContext;
}

interface Event {
  readonly channel: number;
  readonly act: string;
  readonly whole: boolean;
}

/** A server's part and a consumer's, for one connection on which frames get lost. */
function follow(
  channels: Channel[],
  plan: readonly Event[],
  subprotocol: typeof json | typeof msgpack,
): void {
  const server = createCodec(subprotocol);
  const client = createCodec(subprotocol);
  const replicas = channels.map(() => new Replica(subprotocol));
  for (const replica of replicas) Object.assign(replica, { codec: client });
  for (const channel of channels)
    Object.assign(channel, { at: 0, context: CodecContext.of(channel.states[0] as ChannelState) });
  const missed = channels.map(() => true);
  const take = (messages: readonly Wire[]): string[] =>
    messages.flatMap((message) => {
      const frame = client.decode(message);
      if (!frame || !("channel" in frame)) return [];
      return [(replicas[["a", "b"].indexOf(String(frame.channel))] as Replica).take(frame)];
    });
  const step = ({ channel: n, act, whole }: Event): void => {
    const channel = channels[n] as Channel;
    const replica = replicas[n] as Replica;
    const now = channel.states[channel.at] as ChannelState;
    if (act === "join" || act === "repair") {
      const name = ["a", "b"][n] as string;
      const { seq } = replica.ask(name);
      const fresh = seq === undefined || whole;
      const request = channel.at * 1000 + 500 + (whole ? 1 : 0);
      if (!fresh && seq < now.seq) {
        const from = channel.frames.findIndex((frame) => frame.from === seq);
        const frame = { ...composed(channel.frames.slice(from, channel.at), now), request };
        expect(take(shared(server, channel.context, frame))).toEqual(["applied"]);
      } else if (fresh) {
        for (const chunk of snapshotFrames(name, now, request, 9)) {
          take(shared(server, channel.context, chunk));
        }
      } else return; // current: the replica is where the server is, its context maybe not
      missed[n] = false;
      expect(plain(replica.state as ChannelState)).toEqual(plain(now));
      return;
    }
    const frame = channel.frames[channel.at];
    if (!frame) return;
    channel.at += 1;
    const messages = shared(server, channel.context, frame);
    if (act === "lose") {
      take(messages.slice(0, -1)); // the select arrives, or the other channel would get the rest
      missed[n] = true;
      return;
    }
    expect(take(messages)).toEqual([missed[n] ? "gap" : "applied"]);
    if (missed[n]) return;
    expect(plain(replica.state as ChannelState)).toEqual(
      plain(channel.states[channel.at] as ChannelState),
    );
    if (act !== "repeat") return;
    // In order and once is what a connection promises; a repetition is a gap to the compact codec.
    expect(take(messages.slice(-1))).toEqual([subprotocol === json ? "ignored" : "gap"]);
    missed[n] = subprotocol !== json;
  };
  for (const event of plan) step(event);
  for (const n of [0, 1]) step({ channel: n, act: "join", whole: true });
}
