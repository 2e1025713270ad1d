import {
  type Change,
  type Frame,
  type JsonOperation,
  type JsonValue,
  type PartChange,
  type PartContent,
  unreachable,
} from "@deltawire/spec";
import { utf8Length } from "./wire-size.js";

/** Bytes of the content in a frame: UTF-8 of texts and of JSON values, and bytes parts. */
export function contentSize(frame: Frame): number {
  if (frame.type === "changes") return sum(frame.changes, ofChange);
  if (frame.type === "snapshot" || frame.type === "history_page") {
    return sum(frame.messages, ({ parts, attributes }) => sum(parts, ofPart) + ofJson(attributes));
  }
  const isCommand = frame.type === "command" || frame.type === "command_result";
  return isCommand ? ofJson(frame.value) : 0;
}

const sum = <T>(list: readonly T[] = [], size: (item: T) => number): number =>
  list.reduce((bytes, item) => bytes + size(item), 0);

const ofJson = (value: JsonValue | undefined): number =>
  value === undefined ? 0 : utf8Length(JSON.stringify(value));

function ofChange(change: Change): number {
  switch (change.type) {
    case "message_added":
      return sum(change.parts, ofPart) + ofJson(change.attributes);
    case "message_patch":
      return sum(change.parts, ofPartChange) + sum(change.attributes, ofOperation);
    case "channel_patch":
      return sum(change.attributes, ofOperation);
    case "message_completed":
    case "message_removed":
    case "channel_closed":
      return 0;
    default:
      return unreachable(change);
  }
}

function ofPart(part: PartContent): number {
  if (part.kind === "text") return utf8Length(part.text);
  if (part.kind === "json") return ofJson(part.value);
  return part.bytes.length + (part.base?.length ?? 0);
}

function ofPartChange(change: PartChange): number {
  switch (change.type) {
    case "part_inserted":
      return ofPart(change.content);
    case "text_splice":
      return sum(change.splices, ({ text }) => utf8Length(text));
    case "json_patch":
      return sum(change.operations, ofOperation);
    case "bytes_patch":
      return change.appended.length + (change.base?.length ?? 0);
    case "part_removed":
      return 0;
    default:
      return unreachable(change);
  }
}

function ofOperation(operation: JsonOperation): number {
  if (operation.op === "splice") return utf8Length(operation.text);
  return operation.op === "remove" ? 0 : ofJson(operation.value);
}
