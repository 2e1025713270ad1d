import { apply, ChannelState, snapshotFrames } from "@deltawire/protocol";
import type {
  Change,
  ChangesFrame,
  CheckpointFrame,
  MessageAdded,
  MessagePatch,
  SnapshotFrame,
  SubscribedFrame,
} from "@deltawire/spec";

/** A message with one text part. */
export const begin = (id: string, text = "", generation = 0): MessageAdded => ({
  type: "message_added",
  id,
  generation,
  role: "assistant",
  parts: [{ id: "text", kind: "text", text }],
});

export const splice = (id: string, at: number, removed: number, text: string): MessagePatch => ({
  type: "message_patch",
  id,
  parts: [{ type: "text_splice", part: "text", splices: [{ changed_offset: at, removed, text }] }],
});

/** The end of a message, with the digests of a state. */
export function complete(id: string, state: ChannelState): Change {
  const digests = state.message(id)?.digests() ?? [];
  return { type: "message_completed", id, status: "completed", digests };
}

export const changes = (from: number, to: number, ...list: Change[]): ChangesFrame => ({
  type: "changes",
  channel: "c",
  from,
  to,
  changes: list,
});

export const subscribed = (
  request: number,
  answer: SubscribedFrame["answer"],
): SubscribedFrame => ({
  type: "subscribed",
  channel: "c",
  request,
  epoch: "e",
  seq: 0,
  answer,
});

/** The state of a channel at a version. */
export const stateOf = (seq: number, ...list: Change[]): ChannelState =>
  apply(ChannelState.of("e"), changes(0, seq, ...list));

/** The chunks of a snapshot; one where no size is given. */
export const chunks = (request: number, state: ChannelState, size?: number): SnapshotFrame[] => [
  ...snapshotFrames("c", state, request, size ?? Number.POSITIVE_INFINITY),
];

/** A snapshot in one frame. */
export function snapshot(request: number, state: ChannelState): SnapshotFrame {
  const [frame] = chunks(request, state);
  if (!frame) throw new TypeError("no snapshot");
  return frame;
}

/** A checkpoint of a message's text, as it is in a state. */
export function checkpoint(message: string, state: ChannelState): CheckpointFrame {
  const part = state.message(message)?.part("text");
  if (part?.kind !== "text") throw new TypeError("no text");
  const { length } = part.content;
  const crc32 = part.content.crc32();
  return { type: "checkpoint", channel: "c", seq: state.seq, message, part: "text", length, crc32 };
}

/** What a state says, comparable. */
export const plain = ({ epoch, seq, attributes, closed, messages }: ChannelState): unknown => ({
  epoch,
  seq,
  attributes,
  closed,
  messages: messages.map((message) => message.snapshot()),
});
