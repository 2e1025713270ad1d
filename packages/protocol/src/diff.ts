import type {
  BytesPatch,
  Change,
  ChangesFrame,
  MessageError,
  MessagePatch,
  OpenStatus,
  PartChange,
} from "@deltawire/spec";
import { DeltawireError } from "@deltawire/spec";
import type { Bytes } from "./bytes.js";
import type { ChannelState } from "./channel-state.js";
import { diffJson } from "./json-diff.js";
import type { Message } from "./message.js";
import { contentOf, type Part } from "./part.js";
import { diffText } from "./text-diff.js";

/**
 * The frame that takes a replica from one state to a later one of the same epoch. It holds for
 * windowed replicas too, but is made of whole states only.
 *
 * @throws DeltawireError `gap` where the states are of different epochs, or one is windowed
 */
export function diff(channel: string, previous: ChannelState, next: ChannelState): ChangesFrame {
  if (previous.epoch !== next.epoch) {
    throw new DeltawireError("gap", "there are no changes between two epochs", { channel });
  }
  if (previous.earlier > 0 || next.earlier > 0) {
    throw new DeltawireError("gap", "a windowed state is nothing to compare with", { channel });
  }
  const changes = diffChannels(previous, next);
  return { type: "changes", channel, from: previous.seq, to: next.seq, changes };
}

/**
 * The changes between two states, whatever their versions. A message that begins comes last: where
 * one begins, or begins anew, those after it in the next state do so too.
 */
function diffChannels(previous: ChannelState, next: ChannelState): Change[] {
  const order = new Map(previous.messages.map(({ id }, i) => [id, i]));
  const kept = new Set<string>();
  const changes: Change[] = [];
  let last = -1;
  for (const message of next.messages) {
    const at = order.get(message.id) ?? -1;
    const old = at > last ? previous.messages[at] : undefined;
    const steps = old && diffMessages(old, message);
    if (!steps) break;
    last = at;
    kept.add(message.id);
    changes.push(...steps);
  }
  const removed: Change[] = [];
  for (const { id } of previous.messages) {
    if (!kept.has(id)) removed.push({ type: "message_removed", id });
  }
  for (const message of next.messages.slice(kept.size)) changes.push(...begin(message));
  const attributes = diffJson(previous.attributes, next.attributes);
  if (attributes.length > 0) changes.push({ type: "channel_patch", attributes });
  if (next.closed && !previous.closed) changes.push({ type: "channel_closed", ...next.closed });
  return [...removed, ...changes];
}

/** Everything that brings a message to where it is, from nothing or an older generation. */
export function begin(message: Message): Change[] {
  const added = message.addition();
  const { id, status } = message;
  return status === "interrupted" ? [added, { type: "message_patch", id, status }] : [added];
}

const openStatus = (message: Message): OpenStatus =>
  message.status === "interrupted" ? "interrupted" : "streaming";

/**
 * The changes from one version of a message to another; none where they are the same, undefined
 * where none lead there: back to an earlier generation, or on from a final status within one.
 */
function diffMessages(previous: Message, next: Message): Change[] | undefined {
  if (previous === next) return [];
  if (next.generation !== previous.generation) {
    return next.generation > previous.generation ? begin(next) : undefined;
  }
  if (!previous.isFinal) return diffContent(previous, next);
  const same = previous.status === next.status && equalError(previous.error, next.error);
  return same && diffContent(previous, next).length === 0 ? [] : undefined;
}

const equalError = (a: MessageError | undefined, b: MessageError | undefined): boolean =>
  a?.code === b?.code && a?.message === b?.message;

function diffContent(previous: Message, next: Message): Change[] {
  const sameHead =
    previous.role === next.role &&
    previous.kind === next.kind &&
    (previous.origin === next.origin || next.origin !== undefined);
  if (!sameHead) return begin(next);
  const parts = diffParts(previous, next);
  const attributes = diffJson(previous.attributes, next.attributes);
  const status = openStatus(next);
  const turned = !next.isFinal && status !== previous.status;
  const changes: Change[] = [];
  const origin = next.origin === previous.origin ? undefined : next.origin;
  if (parts.length > 0 || attributes.length > 0 || turned || origin !== undefined) {
    const patch: MessagePatch = {
      type: "message_patch",
      id: next.id,
      ...(parts.length > 0 && { parts }),
      ...(attributes.length > 0 && { attributes }),
      ...(turned && { status }),
      ...(origin !== undefined && { origin }),
    };
    changes.push(patch);
  }
  if (next.isFinal && !previous.isFinal) changes.push(next.completion());
  return changes;
}

function diffParts(previous: Message, next: Message): PartChange[] {
  const changes: PartChange[] = [];
  const kept = new Set<string>();
  let last = -1;
  for (const { id, kind } of next.parts) {
    const at = previous.indexOf(id);
    if (at === undefined || at < last || previous.parts[at]?.kind !== kind) continue;
    last = at;
    kept.add(id);
  }
  for (const { id } of previous.parts) {
    if (!kept.has(id)) changes.push({ type: "part_removed", part: id });
  }
  let before: string | undefined;
  const inserted: PartChange[] = [];
  for (const part of next.parts.slice().reverse()) {
    if (kept.has(part.id)) before = part.id;
    else {
      const content = contentOf(part);
      inserted.push({ type: "part_inserted", content, ...(before !== undefined && { before }) });
    }
  }
  changes.push(...inserted.reverse());
  for (const part of next.parts) {
    const old = kept.has(part.id) ? previous.part(part.id) : undefined;
    const change = old && diffPart(old, part);
    if (change) changes.push(change);
  }
  return changes;
}

function diffPart(a: Part, b: Part): PartChange | undefined {
  if (a === b) return undefined;
  if (a.kind === "text" && b.kind === "text") {
    if (a.content === b.content) return undefined;
    const splices = diffText(a.text, b.text);
    return splices.length > 0 ? { type: "text_splice", part: b.id, splices } : undefined;
  }
  if (a.kind === "json" && b.kind === "json") {
    const operations = diffJson(a.value, b.value);
    return operations.length > 0 ? { type: "json_patch", part: b.id, operations } : undefined;
  }
  if (a.kind === "bytes" && b.kind === "bytes") return diffBytes(b.id, a.content, b.content);
  return undefined; // kinds differ: the caller has removed and inserted
}

/** Bytes only grow at the end and shrink at the front: find how far the old ones moved. */
function diffBytes(part: string, a: Bytes, b: Bytes): BytesPatch | undefined {
  const from = a.view();
  const to = b.view();
  let steps = 4096 + 8 * from.length; // past that, everything is stated anew
  const movedBy = (trimmed: number): boolean => {
    for (let i = trimmed; i < from.length && steps > 0; i++, steps--) {
      if (from[i] !== to[i - trimmed]) return false;
    }
    return steps > 0 || trimmed === from.length;
  };
  let trimmed = Math.max(0, from.length - to.length);
  while (!movedBy(trimmed)) trimmed = steps > 0 ? trimmed + 1 : from.length;
  const appended = to.slice(from.length - trimmed);
  return trimmed === 0 && appended.length === 0
    ? undefined
    : { type: "bytes_patch", part, trimmed, appended };
}
