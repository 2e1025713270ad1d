import type { BytesPatch, Change, Closure, PartChange, PartContent, Splice } from "@deltawire/spec";
import type { Row } from "../row.js";
import { bytesOf, countOf, plural } from "./format.js";

/** Units of a text that stand in a summary. */
const SHORT = 60;

/** What a row carries, on one line. */
export function summaryOf(row: Row): string {
  const { event, frame } = row;
  if (event.type === "opened") return `connection ${event.connection}, ${event.transport}`;
  if (event.type === "lost") return `connection ${event.connection} is gone`;
  if (event.type === "channel") return "what was there when the recording began";
  switch (frame?.type) {
    case "changes":
      return listOf(frame.changes, ofChange, " · ");
    case "snapshot":
    case "history_page":
      return plural(frame.messages.length, "message");
    case "subscribe":
      return frame.seq === undefined ? "from nothing" : `from ${countOf(frame.seq)}`;
    case "subscribed":
      return frame.answer;
    case "checkpoint":
      return `${frame.message}/${frame.part}: ${plural(frame.length, "unit")}`;
    case "command":
      return frame.name;
    case "command_result":
      return frame.status;
    case "error":
      return `${frame.code}: ${frame.message}`;
    case "goodbye":
      return frame.reason;
    case "welcome":
      return frame.durability;
    case "produce":
      return frame.producer;
    default:
      return "";
  }
}

/** The first of them: a line has room for no more. */
function listOf<Item>(items: readonly Item[], textOf: (item: Item) => string, between: string) {
  const texts = items.slice(0, 4).map(textOf);
  return items.length > 4 ? `${texts.join(between)} …` : texts.join(between);
}

function ofChange(change: Change): string {
  switch (change.type) {
    case "message_added":
      return `＋ ${change.id}${change.status ? ` ${change.status}` : ""}${listOf(change.parts, ofContent, "")}`;
    case "message_patch": {
      const parts = change.parts ? [listOf(change.parts, ofPart, ", ")] : [];
      if (change.attributes) parts.push(plural(change.attributes.length, "attribute"));
      if (change.status) parts.push(change.status);
      return `${change.id} ${parts.join(", ")}`;
    }
    case "message_completed":
      return `${change.id} ${change.status}`;
    case "message_removed":
      return `－ ${change.id}`;
    case "channel_patch":
      return plural(change.attributes.length, "attribute");
    case "channel_closed":
      return `closed${ofClosure(change)}`;
    default:
      return "";
  }
}

function ofClosure({ reason, error }: Closure): string {
  const why = [...(error ? [error.code] : []), ...(reason === undefined ? [] : [reason])];
  return why.length === 0 ? "" : `: ${why.join(", ")}`;
}

function ofContent(part: PartContent): string {
  if (part.kind === "text") return part.text === "" ? "" : ` ${quote(part.text)}`;
  return part.kind === "json" ? ` ${part.id}` : ` ${bytesOf(part.bytes.length)}`;
}

function ofPart(change: PartChange): string {
  switch (change.type) {
    case "text_splice":
      return listOf(change.splices, ofSplice, " ");
    case "json_patch":
      return `${change.part} ${plural(change.operations.length, "operation")}`;
    case "bytes_patch":
      return `${change.part} +${bytesOf(change.appended.length)}${ofBase(change)}`;
    case "part_inserted":
      return `＋${change.content.id}${ofContent(change.content)}`;
    case "part_removed":
      return `－${change.part}`;
    default:
      return "";
  }
}

const ofBase = ({ base, skipped = 0 }: BytesPatch): string =>
  (skipped > 0 ? ` after ${bytesOf(skipped)} skipped` : "") +
  (base ? `, base ${bytesOf(base.length)}` : "");

function ofSplice({ changed_offset, removed, text }: Splice): string {
  const gone = removed === 0 ? "" : `−${countOf(removed)} `;
  return `@${countOf(changed_offset)} ${gone}${quote(text)}`;
}

function quote(text: string): string {
  const head = text.slice(0, SHORT);
  return `“${head.replace(/\s+/g, " ")}${text.length > SHORT ? "…" : ""}”`;
}
