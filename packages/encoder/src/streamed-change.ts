import type { ChannelState } from "@deltawire/protocol/state";
import {
  type Change,
  type JsonOperation,
  type JsonPatch,
  type JsonValue,
  LIMITS,
  type MessagePatch,
  type PartChange,
  type Splice,
  type TextSplice,
  toWellFormed,
} from "@deltawire/spec";
import { weigh } from "./weight.js";

/**
 * A patch that is one splice of a text, or operations on a JSON value that hold no containers. It is
 * how text streams, and how states change.
 */
export interface StreamedChange extends MessagePatch {
  readonly parts: readonly [TextSplice | JsonPatch];
}

/**
 * A copy of a change that streams text into a part which is there: of the gate's rules only those
 * can be broken that are looked at here. Undefined for any other change, and one that breaks them.
 */
export function streamedChange(given: Change, state: ChannelState): StreamedChange | undefined {
  if (given.type !== "message_patch" || given.parts?.length !== 1) return undefined;
  const { id, parts, attributes, status, origin } = given;
  if (attributes || status !== undefined || origin !== undefined) return undefined;
  const only = parts[0] as PartChange; // it has one
  const name = "part" in only ? only.part : undefined;
  if (name === undefined || !state.message(id)?.part(name)) return undefined; // ids that are known
  const change = copyOf(only);
  return change && { type: "message_patch", id, parts: [change] };
}

function copyOf(change: PartChange): TextSplice | JsonPatch | undefined {
  const { type } = change;
  if (type === "text_splice") {
    const splice = change.splices.length === 1 ? change.splices[0] : undefined;
    if (!splice || !isInBounds(splice)) return undefined;
    const { changed_offset, removed, text } = splice;
    return { type, part: change.part, splices: [{ changed_offset, removed, text }] };
  }
  if (type !== "json_patch") return undefined;
  if (change.operations.length > LIMITS.max_list_length) return undefined;
  const operations: JsonOperation[] = [];
  for (const given of change.operations) {
    const operation = operationOf(given);
    if (!operation) return undefined;
    operations.push(operation);
  }
  return { type, part: change.part, operations };
}

function operationOf(operation: JsonOperation): JsonOperation | undefined {
  const { op, path } = operation;
  if (typeof path !== "string" || path.length > LIMITS.max_path_length || !isWellFormed(path)) {
    return undefined;
  }
  switch (op) {
    case "splice": {
      if (!isInBounds(operation)) return undefined;
      const { changed_offset, removed, text } = operation;
      return { op, path, changed_offset, removed, text };
    }
    case "add":
    case "replace":
      return isScalar(operation.value) ? { op, path, value: operation.value } : undefined;
    case "remove":
      return { op, path };
    default:
      return undefined;
  }
}

const isWellFormed = (text: string): boolean => toWellFormed(text) === text;

const isScalar = (value: JsonValue): boolean =>
  typeof value === "string"
    ? isWellFormed(value)
    : value === null || typeof value === "boolean" || Number.isFinite(value);

const isInBounds = ({ changed_offset, removed, text }: Splice): boolean =>
  isCount(changed_offset) && isCount(removed) && typeof text === "string" && isWellFormed(text);

/** A whole number from 0, and not -0. */
const isCount = (value: number): boolean =>
  Number.isSafeInteger(value) && value >= 0 && !Object.is(value, -0);

const SPLICE: Splice = { changed_offset: 0, removed: 0, text: "" };
const TEXT_WEIGHT = weigh({
  type: "message_patch",
  id: "",
  parts: [{ type: "text_splice", part: "", splices: [SPLICE] }],
} satisfies MessagePatch);
const JSON_WEIGHT = weigh({
  type: "message_patch",
  id: "",
  parts: [{ type: "json_patch", part: "", operations: [] }],
} satisfies MessagePatch);

/** What {@link weigh} says of it. */
export function weightOf({ id, parts: [change] }: StreamedChange): number {
  let weight = id.length + change.part.length;
  if (change.type === "text_splice") {
    for (const { text } of change.splices) weight += TEXT_WEIGHT + text.length;
    return weight;
  }
  weight += JSON_WEIGHT;
  for (const operation of change.operations) weight += weigh(operation);
  return weight;
}
