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
import type { ChannelState } from "./channel-state.js";
import { diffJson } from "./json-diff.js";
import type { Message } from "./message.js";
import { type BytesPart, contentOf, type Part } from "./part.js";
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
  for (const part of next.parts) {
    const at = previous.indexOf(part.id);
    const old = at === undefined ? undefined : previous.parts[at];
    if (at === undefined || at < last || !old || !leadsTo(old, part)) continue;
    last = at;
    kept.add(part.id);
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

/** Whether edits make one part the other; if not, it is removed and inserted. */
function leadsTo(a: Part, b: Part): boolean {
  return a.kind === "bytes" && b.kind === "bytes" ? goesOn(a, b) : a.kind === b.kind;
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
  if (a.kind === "bytes" && b.kind === "bytes") return diffBytes(a, b);
  return undefined; // kinds differ: the caller has removed and inserted
}

/** Where both have bytes of one stream, they are the same: see {@link goesOn}. */
function diffBytes(a: BytesPart, b: BytesPart): BytesPatch | undefined {
  const { length } = a.content;
  const skipped = Math.max(0, b.start - a.end);
  const trimmed = Math.min(length, b.start - a.start);
  const appended = b.bytes.slice(length - trimmed);
  const base = a.base === b.base || isEqual(a.base, b.base) ? undefined : b.base;
  if (trimmed === 0 && appended.length === 0 && skipped === 0 && !base) return undefined;
  return {
    type: "bytes_patch",
    part: b.id,
    trimmed,
    appended,
    ...(base && { base }),
    ...(skipped > 0 && { skipped }),
  };
}

/** Whether a patch leads from one part to the other: a stream never goes back, nor changes. */
function goesOn(a: BytesPart, b: BytesPart): boolean {
  if (b.start < a.start) return false;
  if (a.content === b.content || b.start >= a.end) return true;
  const from = a.bytes.subarray(b.start - a.start);
  return isEqual(from, b.bytes.subarray(0, from.length));
}

function isEqual(a: Uint8Array, b: Uint8Array): boolean {
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false;
  return true;
}
