import type { Change, Frame, JsonOperation, PartChange, Splice } from "@deltawire/spec";
import { counted, whole } from "./quantity.js";

/** Units of a text that are shown of it. */
const MAX_QUOTE = 60;

const quote = (text: string): string => {
  const shown = text.length > MAX_QUOTE ? `${text.slice(0, MAX_QUOTE)}…` : text;
  return JSON.stringify(shown);
};

function splice({ changed_offset, removed, text }: Splice): string {
  if (removed === 0) return quote(text);
  const gone = `−${whole(removed)} at ${whole(changed_offset)}`;
  return text === "" ? gone : `${gone}, ${quote(text)}`;
}

function operation(change: JsonOperation): string {
  if (change.op === "splice") return `${change.path} += ${quote(change.text)}`;
  return change.op === "remove"
    ? `${change.path} removed`
    : `${change.path} = ${quote(JSON.stringify(change.value))}`;
}

function partChange(change: PartChange): string {
  switch (change.type) {
    case "part_inserted": {
      const { id } = change.content;
      if (change.content.kind === "text") return `${id} begins: ${quote(change.content.text)}`;
      return `${id} begins`;
    }
    case "part_removed":
      return `${change.part} removed`;
    case "text_splice":
      return change.splices.map(splice).join(", ");
    case "json_patch":
      return `${change.part}${change.operations.map(operation).join(", ")}`;
    case "bytes_patch":
      return `${change.part} +${whole(change.appended.length)} bytes`;
  }
}

/** A change in short, for people. */
export function describeChange(change: Change): string {
  switch (change.type) {
    case "message_added":
      return change.status ? `${change.id} ${change.status}` : `${change.id} begins`;
    case "message_patch":
      return (
        change.parts?.map(partChange).join("; ") ?? `${change.id} ${change.status ?? "changes"}`
      );
    case "message_completed":
      return `${change.id} ${change.status}, with ${counted(change.digests.length, "digest")}`;
    case "message_removed":
      return `${change.id} removed`;
    case "channel_patch":
      return "the channel's attributes change";
    case "channel_closed":
      return "the channel ends";
  }
}

/** A frame that is no `changes` frame in short, for people. */
export function describeFrame(frame: Exclude<Frame, { readonly type: "changes" }>): string {
  switch (frame.type) {
    case "snapshot":
      return `${counted(frame.messages.length, "message")} at version ${whole(frame.seq)}`;
    case "subscribe":
      return frame.seq === undefined
        ? "subscribe, with nothing"
        : `subscribe from ${whole(frame.seq)}`;
    case "subscribed":
      return `subscribed at version ${whole(frame.seq)}: ${frame.answer}`;
    case "checkpoint":
      return `${frame.part} has ${whole(frame.length)} units, CRC ${frame.crc32.toString(16)}`;
    case "welcome":
      return `welcome, durable by ${frame.durability}`;
    case "error":
      return `${frame.code}: ${frame.message}`;
    case "goodbye":
      return `goodbye: ${frame.reason}`;
    case "command":
      return `command ${frame.name}`;
    case "command_result":
      return `command ${frame.status}`;
    default:
      return frame.type.replace("_", " ");
  }
}
