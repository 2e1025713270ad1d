import type {
  BytesPatch,
  Change,
  Closure,
  JsonOperation,
  MessageAdded,
  MessageCompleted,
  MessageError,
  MessageSnapshot,
  PartChange,
  PartContent,
  Splice,
} from "@deltawire/spec";
import { unreachable } from "@deltawire/spec";
import { appendedText, extend, tipAfter } from "./append.js";
import type { CodecContext } from "./codec-context.js";
import type { NumberedPart } from "./numbered-part.js";

/** First element of each tuple in a `changes` array. PROTOCOL.md, "Tuples". */
export const TUPLE = {
  message_added: 0,
  message_completed: 1,
  message_removed: 2,
  channel_patch: 3,
  channel_closed: 4,
  text_splice: 5,
  json_patch: 6,
  bytes_patch: 7,
  part_inserted: 8,
  part_removed: 9,
  message_attributes: 10,
  message_status: 11,
  text_append: 12,
  message_origin: 13,
} as const;

/** Positions in these lists are codes on the wire. */
export const KINDS = ["text", "json", "bytes"] as const;
export const STATUSES = ["streaming", "interrupted", "completed", "failed", "cancelled"] as const;
export const OPERATIONS = ["add", "remove", "replace", "splice"] as const;

type Tuple = readonly unknown[];

/** A message as a tuple; the parts of open ones get numbers. */
export function messageTuple(
  context: CodecContext,
  message: MessageAdded | MessageSnapshot,
  intern: boolean,
): Tuple {
  const { id, generation, role, kind, attributes, origin, status, error } = message;
  const open = status === undefined || status === "streaming" || status === "interrupted";
  const head = [
    id,
    generation,
    context.names.write(role, intern),
    context.names.write(kind, intern),
    attributes,
    context.names.write(origin, intern),
    message.parts.map((part) => partTuple(context, open ? id : undefined, part)),
  ];
  if (status === undefined) return head;
  const end = [STATUSES.indexOf(status), errorTuple(error)];
  return "type" in message && !error ? [...head, end[0]] : [...head, ...end];
}

const errorTuple = (error: MessageError | undefined): Tuple | undefined =>
  error && [error.code, error.message];

/** The end of a channel: its reason and what went wrong, as far as they are stated. */
export const closureTuple = ({ reason, error }: Closure): Tuple => {
  if (error) return [reason, errorTuple(error)];
  return reason === undefined ? [] : [reason];
};

function contentOf(part: PartContent): unknown {
  if (part.kind === "text") return part.text;
  if (part.kind === "json") return part.value;
  const { bytes, start, base } = part;
  return start === undefined && base === undefined ? bytes : [bytes, start, base];
}

function partTuple(context: CodecContext, message: string | undefined, part: PartContent): Tuple {
  const head = [part.id, KINDS.indexOf(part.kind), contentOf(part)];
  if (message === undefined) return head;
  const length = part.kind === "text" ? part.text.length : undefined;
  const known = context.find(message, part.id); // numbered before, in a snapshot
  if (known?.length !== undefined && context.loading) known.length += length ?? 0;
  const { ordinal, tip } = known ?? context.number(message, part.id, length);
  return tip ? [...head, ordinal, tip.path, tip.offset] : [...head, ordinal];
}

/** The tuples of a change, in order; moves the context on. */
export function tuplesOf(context: CodecContext, change: Change): Tuple[] {
  switch (change.type) {
    case "message_added":
      context.releaseMessage(change.id);
      return [[TUPLE.message_added, ...messageTuple(context, change, true)]];
    case "message_patch": {
      const { id, parts = [], attributes, status, origin } = change;
      const tuples = parts.map((part) => partChangeTuple(context, id, part));
      if (attributes) {
        const operations = attributes.map((operation) => operationTuple(context, operation));
        tuples.push([TUPLE.message_attributes, id, ...operations]);
      }
      if (status) tuples.push([TUPLE.message_status, id, STATUSES.indexOf(status)]);
      if (origin !== undefined) {
        tuples.push([TUPLE.message_origin, id, context.names.write(origin, true)]);
      }
      return tuples;
    }
    case "message_completed":
      return [completedTuple(context, change)];
    case "message_removed":
      context.releaseMessage(change.id);
      return [[TUPLE.message_removed, change.id]];
    case "channel_patch":
      return [
        [
          TUPLE.channel_patch,
          ...change.attributes.map((operation) => operationTuple(context, operation)),
        ],
      ];
    case "channel_closed":
      return [[TUPLE.channel_closed, ...closureTuple(change)]];
    default:
      return unreachable(change);
  }
}

function completedTuple(context: CodecContext, change: MessageCompleted): Tuple {
  const { id, status, error } = change;
  const digests = change.digests.map(({ part, length, crc32 }) => [
    context.find(id, part)?.ordinal ?? part,
    length,
    crc32,
  ]);
  context.releaseMessage(id);
  return [TUPLE.message_completed, id, STATUSES.indexOf(status), errorTuple(error), ...digests];
}

function partChangeTuple(context: CodecContext, message: string, change: PartChange): Tuple {
  if (change.type === "part_inserted") {
    const { content, before } = change;
    const tuple = [TUPLE.part_inserted, message, partTuple(context, message, content)];
    return before === undefined ? tuple : [...tuple, before];
  }
  const numbered = context.find(message, change.part);
  if (!numbered) throw new TypeError(`part ${change.part} of ${message} has no number`);
  const { ordinal } = numbered;
  const text = appendedText(numbered, change);
  if (text !== undefined) {
    extend(numbered, text.length);
    context.cursor = numbered;
    return [TUPLE.text_append, ordinal, text];
  }
  switch (change.type) {
    case "part_removed":
      context.release(numbered);
      return [TUPLE.part_removed, ordinal];
    case "text_splice": {
      grow(numbered, change.splices);
      const tuple: unknown[] = [TUPLE.text_splice, ordinal];
      for (const { changed_offset, removed, text } of change.splices) {
        tuple.push(changed_offset, removed, text);
      }
      return tuple;
    }
    case "json_patch": {
      const operations = change.operations.map((operation) => operationTuple(context, operation));
      numbered.tip = tipAfter(change.operations);
      return [TUPLE.json_patch, ordinal, ...operations];
    }
    case "bytes_patch":
      return bytesTuple(ordinal, change);
    default:
      return unreachable(change);
  }
}

function bytesTuple(ordinal: number, { trimmed, appended, base, skipped }: BytesPatch): Tuple {
  const tuple = [TUPLE.bytes_patch, ordinal, trimmed, appended];
  if (skipped !== undefined) return [...tuple, base, skipped];
  return base === undefined ? tuple : [...tuple, base];
}

/** Keeps the length of a text part. */
function grow(numbered: NumberedPart, splices: readonly Splice[]): void {
  let length = numbered.length ?? 0;
  for (const { removed, text } of splices) length += text.length - removed;
  numbered.length = length;
}

function operationTuple(context: CodecContext, operation: JsonOperation): Tuple {
  const head = [OPERATIONS.indexOf(operation.op), context.names.write(operation.path, true)];
  switch (operation.op) {
    case "remove":
      return head;
    case "add":
    case "replace":
      return [...head, operation.value];
    case "splice":
      return [...head, operation.changed_offset, operation.removed, operation.text];
    default:
      return unreachable(operation);
  }
}
