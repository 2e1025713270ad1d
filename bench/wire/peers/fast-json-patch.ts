import type { JsonValue } from "@deltawire/spec";
import jsonPatch, { type Operation } from "fast-json-patch";
import { touchedBy } from "../edited-lines.js";
import type { Edit, Message, Peer, Receiver, Sender } from "../peer.js";

/**
 * JSON Patch replaces a string whole. So a text is a list of pieces, a new one for each window:
 * what is appended is an `add` at the end of the list, and a back-edit replaces one piece.
 */
type Pieces = string[];

type Parts = Record<string, JsonValue | Pieces>;

function splice(pieces: Pieces, edit: Edit & { readonly is: "splice" }): void {
  const length = pieces.reduce((sum, piece) => sum + piece.length, 0);
  if (edit.removed === 0 && edit.offset === length) {
    pieces.push(edit.text);
    return;
  }
  const { from, to } = touchedBy(edit);
  let index = pieces.length - 1;
  let start = length - (pieces[index]?.length ?? 0);
  while (start >= to) start -= pieces[--index]?.length ?? 0;
  let rest = "";
  // All that is touched comes to stand in the first piece of it.
  for (; start > from; start -= pieces[--index]?.length ?? 0) {
    rest = `${pieces[index]}${rest}`;
    pieces[index] = "";
  }
  const all = `${pieces[index] ?? ""}${rest}`;
  const at = edit.offset - start;
  pieces[index] = all.slice(0, at) + edit.text + all.slice(at + edit.removed);
}

/** The document after some edits; what they leave alone is that of the document before. */
function edited(before: Parts, edits: readonly Edit[]): Parts {
  const after = { ...before };
  for (const edit of edits) {
    const { part } = edit;
    if (edit.is === "text") after[part] = [];
    else if (edit.is === "json" || edit.is === "patch") after[part] = edit.value;
    else {
      if (after[part] === before[part]) after[part] = [...(before[part] as Pieces)]; // a text part
      const pieces = after[part] as Pieces; // likewise
      if (edit.is === "append") pieces.push(edit.text);
      else splice(pieces, edit);
    }
  }
  return after;
}

function sender(): Sender {
  let parts: Parts = {};
  return {
    send(edits) {
      const before = parts;
      parts = edited(before, edits);
      const operations = jsonPatch.compare(before, parts);
      return operations.length > 0 ? [JSON.stringify(operations)] : [];
    },
    end: () => [],
    join: () => [JSON.stringify([{ op: "replace", path: "", value: parts }])],
  };
}

function receiver(): Receiver {
  let parts: Parts = {};
  let hasNoticed = false;
  return {
    receive(message: Message) {
      const operations: Operation[] = JSON.parse(message as string); // see sender
      try {
        parts = jsonPatch.applyPatch(parts, operations, true).newDocument;
      } catch {
        hasNoticed = true;
      }
    },
    read(part) {
      const value = parts[part];
      return Array.isArray(value) ? value.join("") : value;
    },
    get hasNoticed() {
      return hasNoticed;
    },
  };
}

/** RFC 6902 by fast-json-patch: one document, whose changes it finds. */
export const fastJsonPatch: Peer = {
  name: "fast-json-patch",
  title: "JSON Patch (fast-json-patch)",
  package: "fast-json-patch",
  framing: "websocket",
  sender,
  receiver,
};
