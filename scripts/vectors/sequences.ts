import { Decoder, type HistoryOutcome, type ReceivedFrame } from "@deltawire/decoder";
import { History } from "@deltawire/decoder/history";
import { type ChannelState, diff, snapshotFrames } from "@deltawire/protocol";
import type {
  ChangesFrame,
  CheckpointFrame,
  Filter,
  MessageSnapshot,
  SubscribedFrame,
} from "@deltawire/spec";
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
  ...snapshotFrames(CHANNEL, stateOf({ messages: [open(text)] }, seq), request),
];

const checkpoint = (seq: number, length: number, crc32: number): CheckpointFrame => ({
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

/** A consumer asks for so many messages before its first one. */
interface Asking {
  readonly history: number;
}

/** It wants others from now on; null: all of them. */
interface Wanting {
  readonly filter: Filter | null;
}

const plainHistory = (history: HistoryOutcome): object => ({
  type: history.type,
  ...(history.type === "again" && { send: plainFrame(history.send) }),
  ...(history.type === "refused" && { error: { code: history.error.code } }),
});

function step(decoder: Decoder, input: ReceivedFrame | Asking | Wanting): object {
  if (!("type" in input) && "filter" in input) {
    return { filter: input.filter, send: plainFrame(decoder.want(input.filter ?? undefined)) };
  }
  if ("history" in input) {
    const send = decoder.history(input.history, History);
    return { history: input.history, send: send ? plainFrame(send) : null };
  }
  const outcome = decoder.receive(input);
  return {
    frame: plainFrame(input),
    outcome: outcome.type,
    ...(outcome.type === "repair" && { send: plainFrame(outcome.send) }),
    ...(outcome.type === "failed" && { error: { code: outcome.error.code } }),
    ...(outcome.history && { answer: plainHistory(outcome.history) }),
  };
}

/** What a consumer does with frames as they come, from its first `subscribe` on. */
function followed(
  name: string,
  { last, filter }: { readonly last?: number | undefined; readonly filter?: Filter },
  ...inputs: (ReceivedFrame | Asking | Wanting)[]
) {
  const decoder = new Decoder(CHANNEL, last, filter);
  const first = plainFrame(decoder.join());
  const steps = inputs.map((input) => step(decoder, input));
  const { state } = decoder;
  const held = state ? { epoch: state.epoch, seq: state.seq, state: plainState(state) } : null;
  return { name, first, steps, live: decoder.isLive, held };
}

const windowed = (name: string, last: number | undefined, ...inputs: (ReceivedFrame | Asking)[]) =>
  followed(name, { last }, ...inputs);
const sequence = (name: string, ...frames: ReceivedFrame[]) => followed(name, {}, ...frames);

const at = (seq: number, text: string): ChannelState => stateOf({ messages: [open(text)] }, seq);
/** A snapshot of a stream of bytes that ends past 2^53 - 1. */
const endless = (request: number): ReceivedFrame[] => {
  const [whole] = snapshot(request, 3, "a");
  const [message] = whole?.messages ?? [];
  if (!whole || !message) throw new TypeError("a snapshot of one message");
  const [bytes, start] = [Uint8Array.of(1, 2), Number.MAX_SAFE_INTEGER - 1];
  return [
    { ...whole, messages: [{ ...message, parts: [{ id: "b", kind: "bytes", bytes, start }] }] },
  ];
};
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

const several = (...texts: string[]): MessageSnapshot[] =>
  texts.map((text, i) => ({ ...open(text), id: `m${i + 1}` }));

/** A snapshot of the last messages, and what comes with it. */
const window = (
  request: number,
  seq: number,
  last: number,
  ...texts: string[]
): ReceivedFrame[] => [
  answered(request, seq, "snapshot"),
  ...snapshotFrames(
    CHANNEL,
    stateOf({ messages: several(...texts) }, seq),
    request,
    undefined,
    last,
  ),
];

/** The messages before one, and how many there are before those. */
const page = (
  request: number,
  seq: number,
  [start, end]: readonly [number, number],
  ...texts: string[]
): ReceivedFrame => ({
  type: "history_page",
  channel: CHANNEL,
  request,
  epoch: "e",
  seq,
  ...(start > 0 && { earlier: start }),
  messages: several(...texts).slice(start, end),
});

const of = (id: string, frame: ChangesFrame): ChangesFrame => ({
  ...frame,
  changes: frame.changes.map((change) => ("id" in change ? { ...change, id } : change)),
});

const begins = (id: string, from: number, generation: number): ChangesFrame => ({
  type: "changes",
  channel: CHANNEL,
  from,
  to: from + 1,
  changes: [{ type: "message_added", id, generation, role: "assistant", parts: [] }],
});

const empty = (request: number, seq: number, epoch: string): ReceivedFrame[] => [
  answered(request, seq, "snapshot", epoch),
  { type: "snapshot", channel: CHANNEL, request, epoch, seq, messages: [] },
];

const refusal = (request: number, code: string): ReceivedFrame => ({
  type: "error",
  code,
  message: "",
  channel: CHANNEL,
  request,
});

const unasked: readonly object[] = [
  sequence(
    "unasked: what was left out, composed",
    ...joined(1, 3, "a"),
    { ...diff(CHANNEL, at(3, "a"), at(9, "abc")) },
    append(9, 3, "d"),
    append(4, 1, "old"),
  ),
  sequence(
    "unasked: an empty catch-up for what was answered",
    ...joined(1, 3, "a"),
    { ...diff(CHANNEL, at(3, "a"), at(3, "a")), request: 1 },
    append(3, 1, "b"),
  ),
  sequence(
    "unasked: a snapshot again, and what happened meanwhile",
    ...joined(1, 2, "x"),
    ...chunks(1).slice(0, 1),
    append(2, 1, "!"),
    checkpoint(2, 1, 7),
    ...chunks(1).slice(1),
    { ...diff(CHANNEL, at(3, "ab"), at(7, "abcd")) },
    append(7, 4, "e"),
  ),
  sequence(
    "unasked: a snapshot again of the version that is held, whole",
    ...joined(1, 3, "a"),
    ...snapshot(1, 3, "a"),
    append(3, 1, "b"),
  ),
  sequence(
    "unasked: one snapshot gives way to another",
    ...joined(1, 2, "x"),
    ...chunks(1).slice(0, 1),
    ...snapshot(1, 5, "abcd"),
    append(5, 4, "e"),
  ),
  sequence(
    "unasked: a snapshot of a version that has passed",
    ...joined(1, 5, "abcd"),
    ...chunks(1),
    append(5, 4, "e"),
  ),
  sequence(
    "unasked: a snapshot that crosses a request",
    ...joined(1, 2, "x"),
    append(4, 3, "!"),
    ...chunks(1),
    ...catchUp(2, at(2, "x"), at(5, "xyz!")),
    append(5, 4, "?"),
  ),
];

const windows: readonly object[] = [
  windowed(
    "a window: changes before it are skipped",
    2,
    ...window(1, 7, 2, "a", "b", "c"),
    of("m1", append(7, 1, "!")),
    of("m3", append(8, 1, "!")),
    { ...checkpoint(9, 1, 1), message: "m1" },
    of("m1", complete(9, 5, 5)),
    begins("m4", 10, 0),
  ),
  windowed(
    "a window: a message that begins anew may be one before it",
    1,
    ...window(1, 7, 1, "a", "b"),
    begins("m1", 7, 1),
    ...window(2, 8, 1, "", "b"),
    of("m2", append(8, 1, "!")),
  ),
  windowed(
    "a window: earlier messages",
    1,
    ...window(1, 7, 1, "a", "b", "c", "d"),
    { history: 2 },
    { history: 2 },
    page(2, 7, [1, 3], "a", "b", "c", "d"),
    of("m2", append(7, 1, "!")),
    of("m1", append(8, 1, "!")),
    { history: 2 },
    page(3, 9, [0, 1], "a!", "b!", "c", "d"),
    of("m1", append(9, 2, "?")),
    { history: 2 },
  ),
  windowed(
    "a window: a page of a version to come",
    1,
    ...window(1, 7, 1, "a", "b"),
    { history: 5 },
    page(2, 9, [0, 1], "a!!", "b"),
    of("m1", append(7, 1, "!")),
    of("m1", append(8, 2, "!")),
    of("m1", append(9, 3, "!")),
  ),
  windowed(
    "a window: a page of a version that is past, or jumped over",
    1,
    ...window(1, 7, 1, "a", "b"),
    { history: 5 },
    of("m1", append(7, 1, "!")),
    page(2, 7, [0, 1], "a", "b"),
    page(2, 8, [0, 1], "a!", "b"),
    page(3, 9, [0, 1], "a!!", "b"),
    { ...of("m1", append(8, 2, "!?")), to: 10 },
    page(4, 10, [0, 1], "a!!?", "b"),
  ),
  windowed(
    "a window: pages are asked for again three times at most",
    1,
    ...window(1, 7, 1, "a", "b"),
    { history: 5 },
    ...[2, 3, 4, 5].map((request) => page(request, 6, [0, 1], "a", "b")),
    of("m2", append(7, 1, "!")),
  ),
  windowed(
    "a window: a page that is not to be had",
    1,
    ...window(1, 7, 1, "a", "b"),
    { history: 5 },
    refusal(2, "unknown_message"),
    of("m2", append(7, 1, "!")),
  ),
  windowed(
    "a window: repaired from where it is",
    1,
    ...window(1, 7, 1, "a", "b"),
    of("m2", append(9, 1, "!")),
    answered(2, 10, "changes"),
    { ...of("m2", append(7, 1, "?!")), to: 10, request: 2 },
  ),
];

/** A view's frame goes over the versions at which nothing matched. */
const over = (versions: number, frame: ChangesFrame): ChangesFrame => ({
  ...frame,
  to: frame.from + versions,
});
const nothing = (from: number, to: number): ChangesFrame => ({
  type: "changes",
  channel: CHANNEL,
  from,
  to,
  changes: [],
});
const removes = (id: string, from: number): ChangesFrame => ({
  ...nothing(from, from + 1),
  changes: [{ type: "message_removed", id }],
});

const EVENTS: Filter = { role: "assistant", attributes: { "/level": { min: 3 } } };

const views: readonly object[] = [
  followed(
    "a filter: the versions between are left out",
    { filter: EVENTS },
    ...window(1, 50, 9, "a"),
    over(3, begins("m2", 50, 0)),
    nothing(53, 565),
    over(2, of("m1", append(565, 1, "!"))),
    { ...checkpoint(567, 2, 0), message: "m1" },
    ...window(2, 567, 9, "a!", ""),
  ),
  followed(
    "a filter: what is missing is asked for with it, from the view's version",
    { filter: EVENTS },
    ...window(1, 50, 9, "a"),
    over(3, begins("m2", 50, 0)),
    over(2, begins("m4", 60, 0)),
    answered(2, 70, "changes"),
    { ...over(17, begins("m3", 53, 0)), request: 2 },
    removes("m9", 70),
    nothing(71, 72),
  ),
  followed(
    "a filter: a message that begins to match between others comes by a snapshot unasked",
    { filter: EVENTS },
    ...window(1, 50, 9, "a", "b"),
    ...window(1, 58, 9, "a", "new", "b"),
    nothing(57, 58),
    over(4, of("m3", append(58, 1, "!"))),
  ),
  followed("a filter: it is refused", { filter: EVENTS }, refusal(1, "limit_exceeded")),
  followed(
    "another filter: the view before it stays until there is the next one",
    { filter: EVENTS },
    ...window(1, 50, 9, "a"),
    { filter: { kind: ["alert", "deploy"] } },
    of("m1", append(50, 1, "!")),
    answered(2, 51, "snapshot"),
    ...window(2, 51, 9, "b", "c").slice(1),
    over(2, of("m2", append(51, 1, "?"))),
    { filter: null },
    ...window(3, 60, 9, "a!", "b", "c?"),
    of("m1", append(60, 2, "!")),
  ),
  followed(
    "a window of a view, and what is before it",
    { last: 1, filter: EVENTS },
    ...window(1, 50, 1, "a", "b", "c"),
    over(3, of("m1", append(50, 1, "!"))),
    over(2, of("m3", append(53, 1, "!"))),
    { history: 1 },
    page(2, 55, [1, 2], "a!", "b", "c!"),
    of("m2", append(55, 1, "!")),
    { history: 5 },
    nothing(56, 60),
    page(3, 56, [0, 1], "a!", "b!", "c!"),
    page(4, 60, [0, 1], "a!", "b!", "c!"),
    over(2, of("m1", append(60, 2, "!"))),
    over(2, of("m1", append(64, 3, "!"))),
    answered(5, 70, "changes"),
    { ...over(8, of("m1", append(62, 3, "??"))), request: 5 },
  ),
  followed(
    "a window of a view: a message that is stated anew may be one before it",
    { last: 1, filter: EVENTS },
    ...window(1, 50, 1, "a", "b"),
    over(3, begins("m1", 50, 1)),
    ...window(2, 53, 1, "", "b"),
    over(2, of("m2", append(53, 1, "!"))),
  ),
];

/** Two parts, of which either may be wrong. */
const two = (request: number, seq: number): ReceivedFrame[] => [
  answered(request, seq, "snapshot"),
  ...snapshotFrames(
    CHANNEL,
    stateOf(
      {
        messages: [
          { ...open("a"), parts: [...open("a").parts, { id: "u", kind: "text", text: "a" }] },
        ],
      },
      seq,
    ),
    request,
  ),
];
const u = (frame: ReceivedFrame): ReceivedFrame => ({ ...frame, part: "u" }) as ReceivedFrame;

const distrust: readonly object[] = [
  sequence(
    "another part is right, and the one that was wrong is so again",
    ...two(1, 3),
    checkpoint(3, 1, 5),
    ...two(2, 3),
    u(checkpoint(3, 1, 0xe8b7be43)),
    checkpoint(3, 1, 5),
  ),
  sequence(
    "one part is wrong, then another, then the first one is right and wrong",
    ...two(1, 3),
    checkpoint(3, 1, 5),
    ...two(2, 3),
    u(checkpoint(3, 1, 5)),
    ...two(3, 3),
    checkpoint(3, 1, 0xe8b7be43),
    checkpoint(3, 1, 5),
    ...two(4, 3),
  ),
  sequence(
    "a request that is refused",
    ...joined(1, 3, "a"),
    append(4, 2, "c"),
    refusal(2, "forbidden"),
  ),
  sequence(
    "a history that is lost stays in view until there is something in the new one",
    ...joined(1, 3, "a"),
    append(4, 2, "c"),
    ...empty(2, 0, "f"),
    begins("n", 0, 0),
  ),
  sequence(
    "a history that is lost stays in view",
    ...joined(1, 3, "a"),
    append(4, 2, "c"),
    ...empty(2, 0, "f"),
    { type: "changes", channel: CHANNEL, from: 0, to: 1, changes: [] },
  ),
];

export const sequences: readonly object[] = [
  ...unasked,
  ...windows,
  ...views,
  ...distrust,
  sequence("join, then live", ...joined(1, 3, "a"), append(3, 1, "b"), append(4, 2, "c")),
  sequence(
    "nothing before the snapshot counts",
    append(3, 1, "!"),
    ...joined(1, 4, "ab"),
    append(4, 2, "c"),
  ),
  sequence("a snapshot in chunks", answered(1, 3, "snapshot"), ...chunks(1), append(3, 2, "c")),
  sequence(
    "a snapshot that does not keep a bound is asked for again",
    ...joined(1, 3, "a"),
    ...endless(1),
    ...joined(2, 3, "a"),
  ),
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
