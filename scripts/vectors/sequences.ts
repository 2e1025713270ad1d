import { Decoder, type ReceivedFrame } from "@deltawire/decoder";
import { type ChannelState, diff, SnapshotAssembly } from "@deltawire/protocol";
import type { ChangesFrame, MessageSnapshot, SubscribedFrame } from "@deltawire/spec";
import { plainState, stateOf } from "./algebra.js";
import { plainFrame } from "./plain.js";

const CHANNEL = "c";

const open = (text: string): MessageSnapshot => ({
  id: "m",
  generation: 0,
  role: "assistant",
  status: "streaming",
  parts: [{ id: "t", kind: "text", text }],
});

const append = (from: number, offset: number, text: string): ChangesFrame => ({
  type: "changes",
  channel: CHANNEL,
  from,
  to: from + 1,
  changes: [
    {
      type: "message_patch",
      id: "m",
      parts: [
        { type: "text_splice", part: "t", splices: [{ changed_offset: offset, removed: 0, text }] },
      ],
    },
  ],
});

const complete = (from: number, length: number, crc32: number): ChangesFrame => ({
  type: "changes",
  channel: CHANNEL,
  from,
  to: from + 1,
  changes: [
    {
      type: "message_completed",
      id: "m",
      status: "completed",
      digests: [{ part: "t", length, crc32 }],
    },
  ],
});

const answered = (
  request: number,
  seq: number,
  answer: SubscribedFrame["answer"],
  epoch = "e",
): SubscribedFrame => ({ type: "subscribed", channel: CHANNEL, request, epoch, seq, answer });

const snapshot = (request: number, seq: number, text: string) => [
  ...SnapshotAssembly.frames(CHANNEL, stateOf({ messages: [open(text)] }, seq), request),
];

const checkpoint = (seq: number, length: number, crc32: number): ReceivedFrame => ({
  type: "checkpoint",
  channel: CHANNEL,
  seq,
  message: "m",
  part: "t",
  length,
  crc32,
});

const joined = (request: number, seq: number, text: string): ReceivedFrame[] => [
  answered(request, seq, "snapshot"),
  ...snapshot(request, seq, text),
];

const catchUp = (request: number, before: ChannelState, after: ChannelState): ReceivedFrame[] => [
  answered(request, after.seq, "changes"),
  { ...diff(CHANNEL, before, after), request },
];

/** What a consumer does with frames as they come, from its first `subscribe` on. */
function sequence(name: string, ...frames: ReceivedFrame[]) {
  const decoder = new Decoder(CHANNEL);
  const first = plainFrame(decoder.join());
  const steps = frames.map((frame) => {
    const outcome = decoder.receive(frame);
    return {
      frame: plainFrame(frame),
      outcome: outcome.type,
      ...(outcome.type === "repair" && { send: plainFrame(outcome.send) }),
      ...(outcome.type === "failed" && { error: { code: outcome.error.code } }),
    };
  });
  const { state } = decoder;
  const held = state ? { epoch: state.epoch, seq: state.seq, state: plainState(state) } : null;
  return { name, first, steps, live: decoder.isLive, held };
}

const at = (seq: number, text: string): ChannelState => stateOf({ messages: [open(text)] }, seq);
const chunks = (request: number): ReceivedFrame[] => {
  const [whole] = snapshot(request, 3, "ab");
  const [message] = whole?.messages ?? [];
  if (!whole || !message) throw new TypeError("a snapshot of one message");
  const part = (text: string) => ({
    ...message,
    parts: [{ id: "t", kind: "text" as const, text }],
  });
  return [
    { ...whole, more: true, messages: [part("a")] },
    { ...whole, messages: [part("b")] },
  ];
};

export const sequences: readonly object[] = [
  sequence("join, then live", ...joined(1, 3, "a"), append(3, 1, "b"), append(4, 2, "c")),
  sequence(
    "nothing before the snapshot counts",
    append(3, 1, "!"),
    ...joined(1, 4, "ab"),
    append(4, 2, "c"),
  ),
  sequence("a snapshot in chunks", answered(1, 3, "snapshot"), ...chunks(1), append(3, 2, "c")),
  sequence(
    "a repetition is ignored",
    ...joined(1, 3, "a"),
    append(3, 1, "b"),
    append(3, 1, "b"),
    append(2, 0, "x"),
  ),
  sequence(
    "a gap is repaired by a catch-up",
    ...joined(1, 3, "a"),
    append(4, 2, "c"),
    append(5, 3, "d"),
    ...catchUp(2, at(3, "a"), at(6, "abcd")),
    append(6, 4, "e"),
  ),
  sequence(
    "a gap is repaired by a snapshot",
    ...joined(1, 3, "a"),
    append(4, 2, "c"),
    ...joined(2, 5, "abc"),
    append(5, 3, "d"),
  ),
  sequence(
    "a late answer to an older request",
    ...joined(1, 3, "a"),
    append(4, 2, "c"),
    ...joined(1, 9, "old"),
    ...joined(2, 5, "abc"),
  ),
  sequence(
    "a catch-up for an older request does not count",
    ...joined(1, 3, "a"),
    append(4, 2, "c"),
    { ...diff(CHANNEL, at(3, "a"), at(4, "ax")), request: 1 },
    ...catchUp(2, at(3, "a"), at(5, "abc")),
    { ...diff(CHANNEL, at(5, "abc"), at(6, "abcx")), request: 2 },
    append(5, 3, "d"),
  ),
  sequence(
    "a catch-up that begins elsewhere is a gap",
    ...joined(1, 3, "a"),
    append(4, 2, "c"),
    ...catchUp(2, at(4, "ab"), at(5, "abc")),
    ...joined(3, 5, "abc"),
  ),
  sequence(
    "chunks of an older request are dropped",
    answered(1, 3, "snapshot"),
    ...chunks(1).slice(0, 1),
    ...joined(1, 4, "ab"),
    append(5, 3, "x"),
    ...chunks(1),
    ...joined(2, 6, "abcx"),
  ),
  sequence(
    "a snapshot of an older version replaces all the same",
    ...joined(1, 9, "abc"),
    append(10, 4, "x"),
    ...joined(2, 5, "ab"),
    append(5, 2, "!"),
  ),
  sequence(
    "another epoch",
    ...joined(1, 3, "a"),
    append(4, 2, "c"),
    answered(2, 1, "snapshot", "f"),
    ...snapshot(2, 1, "new").map((frame) => ({ ...frame, epoch: "f" })),
    append(1, 3, "!"),
  ),
  sequence(
    "current",
    ...joined(1, 3, "a"),
    append(4, 2, "c"),
    answered(2, 3, "current"),
    append(3, 1, "b"),
  ),
  sequence(
    "an empty catch-up",
    ...joined(1, 3, "a"),
    append(4, 2, "c"),
    ...catchUp(2, at(3, "a"), at(3, "a")),
    append(3, 1, "b"),
  ),
  sequence(
    "a patch past the end is answered by a snapshot",
    ...joined(1, 3, "Al"),
    append(3, 5, "bs the spiral"),
    ...joined(2, 4, "Al follows the spiral"),
  ),
  sequence(
    "a wrong digest is answered by one snapshot",
    ...joined(1, 3, "a"),
    complete(3, 1, 1),
    ...joined(2, 3, "a"),
    complete(3, 1, 0xe8b7be43),
  ),
  sequence(
    "a digest that stays wrong ends in an error",
    ...joined(1, 3, "a"),
    complete(3, 1, 1),
    ...joined(2, 3, "a"),
    complete(3, 1, 1),
    append(3, 1, "b"),
  ),
  sequence(
    "checkpoints: behind, right, wrong, ahead",
    ...joined(1, 3, "a"),
    checkpoint(2, 9, 9),
    checkpoint(3, 1, 0xe8b7be43),
    checkpoint(3, 1, 5),
    ...joined(2, 3, "a"),
    checkpoint(4, 2, 0),
    ...joined(3, 4, "ab"),
  ),
];
