import { type ChangesFrame, type Frame, LIMITS, SUBPROTOCOLS } from "@deltawire/spec";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { anyFrame, FRAME_TYPES } from "../../../spec/src/testing.js";
import type { ChannelState } from "./channel-state.js";
import { createCodec } from "./codec.js";
import { CodecContext } from "./codec-context.js";
import { Composition } from "./compose.js";
import { SharedFrame } from "./shared-frame.js";
import { snapshotFrames } from "./snapshot-frames.js";
import { anyBatches } from "./testing/edits.js";
import { merged, Replica, shared } from "./testing/network.js";
import { type History, plain, run } from "./testing/script.js";

const { json, msgpack } = SUBPROTOCOLS;

const history = (least: number, most: number, channel = "c"): fc.Arbitrary<History> =>
  anyBatches(least, most).map((batches) => run(batches, channel, 120));

const composed = (frames: readonly ChangesFrame[], result?: ChannelState): ChangesFrame => {
  const run = new Composition();
  for (const { changes } of frames) run.add(changes);
  const [first, last] = [frames[0], frames.at(-1)] as [ChangesFrame, ChangesFrame];
  return { ...first, to: last.to, changes: run.changes(result) };
};

describe("both codecs", () => {
  it.each(FRAME_TYPES)("read a %s frame as it was written", (type) => {
    const [writer, reader] = [createCodec(json), createCodec(json)];
    const [packer, unpacker] = [createCodec(msgpack), createCodec(msgpack)];
    fc.assert(
      fc.property(anyFrame(type), fc.nat(), (any, request) => {
        const frame: Frame = any.type === "changes" ? { ...any, request } : any;
        expect(writer.encode(frame).map((message) => reader.decode(message))).toEqual([frame]);
        // The states that these two are about are histories: see below.
        if (type === "snapshot" || type === "checkpoint") return;
        // Catch-ups state a context, which random changes do not fit.
        const messages =
          frame.type === "changes"
            ? shared(packer, new CodecContext(), frame)
            : packer.encode(frame);
        const frames = messages.map((message) => unpacker.decode(message));
        expect(frames.pop()).toEqual(frame);
        expect(frames).toEqual(frames.map(() => undefined)); // select
      }),
      { numRuns: 60 },
    );
  });

  it.each([json, msgpack])(
    "carry a history over one connection of their own: %s",
    (subprotocol) => {
      fc.assert(
        fc.property(
          history(2, 20),
          fc.nat({ max: 30 }),
          fc.nat(),
          ({ states, frames }, size, n) => {
            const [writer, replica] = [createCodec(subprotocol), new Replica(subprotocol)];
            const send = (frame: Frame) =>
              replica.receive(writer.encode(frame).map((wire) => structuredClone(wire)));
            const chunks = (state: ChannelState) => snapshotFrames("c", state, 1, size + 1);
            replica.ask("c");
            for (const chunk of chunks(states[0] as ChannelState)) send(chunk);
            const jump = n % frames.length; // two versions in one frame
            frames.forEach((frame, i) => {
              if (i === jump && i + 1 < frames.length) return;
              const two = i === jump + 1 ? frames.slice(jump, i + 1) : [frame];
              expect(send(composed(two, states[i + 1]))).toEqual(["applied"]);
              expect(plain(replica.state as ChannelState)).toEqual(
                plain(states[i + 1] as ChannelState),
              );
            });
            replica.ask("c");
            const last = states.at(-1) as ChannelState;
            for (const chunk of chunks(last)) send(chunk);
            expect(plain(replica.state as ChannelState)).toEqual(plain(last));
          },
        ),
        { numRuns: 60 },
      );
    },
  );

  it("write a frame once for all who share it", () => {
    const { frames } = run([
      [{ do: "add", m: 0, head: { generation: 0, role: "user", parts: [] } }],
    ]);
    const frame = new SharedFrame(frames[0] as ChangesFrame, { plain: new CodecContext() });
    const [a, b] = [createCodec(msgpack), createCodec(msgpack)];
    expect(a.encodeShared(frame).at(-1)).toBe(b.encodeShared(frame).at(-1));
    expect(createCodec(json).encodeShared(frame)).toEqual([frame.json]);
    expect(() => new SharedFrame(frames[0] as ChangesFrame).packed()).toThrow(TypeError);
  });
});

describe("select", () => {
  it("says the channel only where it changes, and once by its name", () => {
    const [writer, reader] = [createCodec(msgpack), createCodec(msgpack)];
    const unsubscribe = (channel: string): Frame => ({ type: "unsubscribe", channel });
    const sizes = ["a", "a", "b", "a", "b"].map((channel) => {
      const messages = writer.encode(unsubscribe(channel));
      expect(messages.map((message) => reader.decode(message)).at(-1)).toEqual(
        unsubscribe(channel),
      );
      return messages.slice(0, -1);
    });
    const bytes = (...list: number[]) => Uint8Array.from(list);
    expect(sizes).toEqual([
      [bytes(0x93, 3, 0, 0xa1, 0x61)],
      [],
      [bytes(0x93, 3, 1, 0xa1, 0x62)],
      [bytes(0x92, 3, 0)],
      [bytes(0x92, 3, 1)],
    ]);
  });

  it("takes numbers anew past the bound, oldest first", () => {
    const [writer, reader] = [createCodec(msgpack), createCodec(msgpack)];
    for (let i = 0; i < 2.5 * LIMITS.max_channels; i++) {
      for (const channel of [`c${i}`, `c${Math.max(0, i - 900)}`]) {
        const frame: Frame = { type: "ack", channel, seq: i };
        expect(
          writer
            .encode(frame)
            .map((message) => reader.decode(message))
            .at(-1),
        ).toEqual(frame);
      }
    }
  });

  it("leaves no channel selected where it fails", () => {
    const reader = createCodec(msgpack);
    const bytes = (...list: number[]) => Uint8Array.from(list);
    reader.decode(bytes(0x93, 3, 0, 0xa1, 0x61));
    expect(() => reader.decode(bytes(0x92, 3, 1))).toThrow(
      expect.objectContaining({ code: "unexpected_frame" }),
    );
    expect(() => reader.decode(bytes(0x01, 0x61))).toThrow(
      expect.objectContaining({ code: "unexpected_frame" }),
    );
  });
});

it("merges patches as a reader of tuples does", () => {
  expect(
    merged([
      {
        type: "message_patch",
        id: "a",
        status: "interrupted",
        attributes: [{ op: "remove", path: "/x" }],
      },
      { type: "message_patch", id: "a" },
      {
        type: "message_patch",
        id: "a",
        status: "streaming",
        attributes: [{ op: "remove", path: "/y" }],
      },
    ]),
  ).toEqual([
    {
      type: "message_patch",
      id: "a",
      status: "streaming",
      attributes: [
        { op: "remove", path: "/x" },
        { op: "remove", path: "/y" },
      ],
    },
  ]);
});
