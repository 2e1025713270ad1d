import {
  type BytesPatch,
  type Change,
  type ChangesFrame,
  type ChannelClosed,
  type ChannelPatch,
  type Closure,
  DeltawireError,
  type ErrorCode,
  LIMITS,
  type MessageAdded,
  type MessageCompleted,
  type MessagePatch,
  type PartChange,
  type TextSplice,
  unreachable,
} from "@deltawire/spec";
import type { ChannelState } from "./channel-state.js";
import { applyOperations, applyToObject, placed } from "./json-apply.js";
import { Message } from "./message.js";
import { type BytesPart, JsonPart, type Part, partOf, TextPart } from "./part.js";
import { sizeOf } from "./size.js";
import { checkSplices } from "./splices.js";

const refuse = (code: ErrorCode, what: string, path = ""): DeltawireError =>
  new DeltawireError(code, what, { path });

/**
 * The reducer, the one place where a state changes: encoder, server and every consumer share it.
 * Pure; on an error the given state is what it was. Where messages are left out before the window
 * of the state ({@link ChannelState.earlier}), changes to a message that is not there are skipped.
 *
 * @throws DeltawireError `gap` unless the frame begins at the state's version, and where it begins
 *   anew a message that may be one before the window; otherwise what {@link applyChange} throws,
 *   with the path in the frame
 */
export function apply(state: ChannelState, frame: ChangesFrame): ChannelState {
  if (frame.from !== state.seq) {
    const what = `a frame from version ${frame.from} does not apply to version ${state.seq}`;
    throw new DeltawireError("gap", what, { path: "/from", channel: frame.channel });
  }
  return applyChanges(state, frame.changes).with({ seq: frame.to });
}

/** Applies changes in their order, and leaves the version alone. */
export function applyChanges(state: ChannelState, changes: readonly Change[]): ChannelState {
  let next = state;
  let i = 0;
  try {
    for (; i < changes.length; i++) next = applyChange(next, changes[i] as Change); // i < length
  } catch (error) {
    throw placed(error, `/changes/${i}`);
  }
  return next;
}

function applyChange(state: ChannelState, change: Change): ChannelState {
  if (state.closed) throw refuse("channel_closed", "the channel has ended");
  switch (change.type) {
    case "message_added":
      return addMessage(state, change);
    case "message_patch":
      if (isBeforeWindow(state, change.id)) return state;
      return state.withMessage(patchMessage(openMessage(state, change.id), change));
    case "message_completed":
      return completeMessage(state, change);
    case "message_removed":
      return state.without(change.id);
    case "channel_patch":
      return patchChannel(state, change);
    case "channel_closed":
      return state.with({ closed: closureOf(change) });
    default:
      return unreachable(change);
  }
}

/** What is kept of the end of a channel. */
const closureOf = ({ reason, error }: ChannelClosed): Closure => ({
  ...(reason !== undefined && { reason }),
  ...(error && { error }),
});

/** Whether a message that is not there may be one that a windowed replica leaves out. */
const isBeforeWindow = (state: ChannelState, id: string): boolean =>
  state.earlier > 0 && !state.message(id);

function patchChannel(state: ChannelState, change: ChannelPatch): ChannelState {
  const { value, size } = applyToObject(state.attributes, change.attributes);
  checkValue(size);
  return state.with({ attributes: value });
}

function openMessage(state: ChannelState, id: string): Message {
  const message = state.message(id);
  if (!message) throw refuse("unknown_message", `there is no message ${id}`, "/id");
  if (message.isFinal) throw refuse("message_final", `message ${id} is ${message.status}`, "/id");
  return message;
}

function addMessage(state: ChannelState, change: MessageAdded): ChannelState {
  const old = state.message(change.id);
  if (isBeforeWindow(state, change.id) && change.generation > 0) {
    const what = `message ${change.id} may be one before the window of this replica`;
    throw refuse("gap", what, "/generation");
  }
  if (!old && state.messages.length >= LIMITS.max_messages) {
    throw refuse("limit_exceeded", `max_messages (${LIMITS.max_messages}) exceeded`);
  }
  if (old && change.generation < old.generation) {
    const what = `message ${change.id} is at generation ${old.generation} already`;
    throw refuse("stale_generation", what, "/generation");
  }
  if (old?.isFinal && change.generation === old.generation) {
    const what = `message ${change.id} is ${old.status}; name generation ${old.generation + 1}`;
    throw refuse("message_final", what, "/generation");
  }
  if (change.error && !change.status) {
    throw refuse("malformed", "what went wrong is of a message that has ended", "/error");
  }
  if (new Set(change.parts.map(({ id }) => id)).size !== change.parts.length) {
    throw refuse("part_exists", "two parts have the same id", "/parts");
  }
  checkValue(sizeOf(change.attributes ?? {}));
  const message = Message.of(change);
  return state.withMessage(bounded(message, ...message.parts));
}

function bounded(message: Message, ...changed: readonly Part[]): Message {
  for (const part of changed) {
    if (part.kind === "json") checkValue(part.size);
    if (part.kind === "bytes") checkBytes(part);
  }
  if (message.size > LIMITS.max_message_size) {
    const what = `max_message_size (${LIMITS.max_message_size}) exceeded by message ${message.id}`;
    throw refuse("limit_exceeded", what);
  }
  return message;
}

function checkValue(size: number): void {
  if (size <= LIMITS.max_value_size) return;
  throw refuse("limit_exceeded", `max_value_size (${LIMITS.max_value_size}) exceeded`);
}

/** Applies a patch to a message that is open; shared with composition, which folds patches. */
export function patchMessage(message: Message, patch: MessagePatch): Message {
  let patched = message;
  const { parts = [], attributes, status, origin } = patch;
  let i = 0;
  try {
    for (; i < parts.length; i++) patched = patchPart(patched, parts[i] as PartChange); // i < length
  } catch (error) {
    throw placed(error, `/parts/${i}`);
  }
  if (attributes) {
    const { value, size, delta } = applyToObject(patched.attributes, attributes);
    checkValue(size);
    patched = patched.withAttributes(value, patched.size + delta);
  }
  if (status && status !== patched.status) patched = patched.withStatus(status);
  if (origin !== undefined) patched = patched.withOrigin(origin);
  return bounded(patched);
}

function patchPart(message: Message, change: PartChange): Message {
  switch (change.type) {
    case "part_inserted": {
      const { content, before } = change;
      if (message.part(content.id)) {
        throw refuse("part_exists", `there is a part ${content.id} already`, "/content/id");
      }
      if (message.parts.length >= LIMITS.max_parts) {
        throw refuse("limit_exceeded", `max_parts (${LIMITS.max_parts}) exceeded`);
      }
      const index = before === undefined ? message.parts.length : message.indexOf(before);
      if (index === undefined) throw refuse("unknown_part", `there is no ${before}`, "/before");
      const parts = message.parts.slice();
      const part = partOf(content);
      parts.splice(index, 0, part);
      return bounded(message.withParts(parts), part);
    }
    case "part_removed":
      partOfKind(message, change.part);
      return message.withParts(message.parts.filter(({ id }) => id !== change.part));
    case "text_splice":
    case "json_patch":
    case "bytes_patch":
      return message.withPart(patchContent(partOfKind(message, change.part), change));
    default:
      return unreachable(change);
  }
}

function partOfKind(message: Message, id: string): Part {
  const part = message.part(id);
  if (!part) throw refuse("unknown_part", `message ${message.id} has no part ${id}`, "/part");
  return part;
}

/** A change to the content of one part. */
export type ContentChange = Extract<
  PartChange,
  { readonly part: string; readonly type: `${string}_${"splice" | "patch"}` }
>;

/** Applies a change to a part of its kind. */
export function patchContent(part: Part, change: ContentChange): Part {
  if (change.type === "text_splice" && part.kind === "text") return spliceText(part, change);
  if (change.type === "json_patch" && part.kind === "json") {
    const sized = applyOperations(part, change.operations, "/operations");
    checkValue(sized.size);
    return new JsonPart(part.id, sized.value, sized.size);
  }
  if (change.type === "bytes_patch" && part.kind === "bytes") return patchBytes(part, change);
  throw refuse("wrong_part_kind", `${change.type} does not fit the ${part.kind} part ${part.id}`);
}

function patchBytes(part: BytesPart, change: BytesPatch): BytesPart {
  const { trimmed, appended, skipped = 0 } = change;
  const { length } = part.content;
  if (trimmed > length + appended.length) {
    const what = `cannot trim ${trimmed} of ${length + appended.length} bytes`;
    throw refuse("offset_out_of_range", what, "/trimmed");
  }
  if (skipped > 0 && trimmed !== length) {
    const what = `who skips bytes trims all ${length} that were there, not ${trimmed}`;
    throw refuse("offset_out_of_range", what, "/skipped");
  }
  return checkBytes(part.patched(change));
}

/** Checks the bounds of a bytes part that no other size holds in. @throws DeltawireError `limit_exceeded` */
export function checkBytes(part: BytesPart): BytesPart {
  checkValue(part.base.length);
  if (part.end <= Number.MAX_SAFE_INTEGER) return part;
  throw refuse("limit_exceeded", `the stream of part ${part.id} is longer than 2^53 - 1 bytes`);
}

function spliceText(part: TextPart, change: TextSplice): TextPart {
  checkSplices(part.content, change.splices);
  let text = part.content;
  for (let i = change.splices.length - 1; i >= 0; i--) {
    const splice = change.splices[i];
    if (splice) text = text.splice(splice.changed_offset, splice.removed, splice.text);
  }
  return new TextPart(part.id, text);
}

function completeMessage(state: ChannelState, change: MessageCompleted): ChannelState {
  if (isBeforeWindow(state, change.id) || state.message(change.id)?.isFinal) return state;
  const open = openMessage(state, change.id);
  checkDigests(open, change);
  return state.withMessage(open.withStatus(change.status, change.error));
}

function checkDigests(message: Message, change: MessageCompleted): void {
  const mine = message.digests();
  const theirs = change.digests;
  const equal =
    mine.length === theirs.length &&
    mine.every(({ part, length, crc32 }, i) => {
      const other = theirs[i];
      return other?.part === part && other.length === length && other.crc32 === crc32;
    });
  if (!equal) {
    throw refuse("digest_mismatch", `message ${message.id} differs from its digests`, "/digests");
  }
}
