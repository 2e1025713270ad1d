import type { JsonValue } from "@deltawire/spec";
import { Document } from "../document.js";
import type { Edit, Message, Peer, Receiver, Sender } from "../peer.js";

const ID = "msg_01";

interface TailPatch {
  readonly type: "patch";
  readonly id: string;
  readonly part: string;
  /** From here on the part is `text`. */
  readonly offset: number;
  readonly text: string;
}

/** How far two texts are the same. */
function commonLength(a: string, b: string): number {
  const most = Math.min(a.length, b.length);
  let length = 0;
  while (length < most && a.charCodeAt(length) === b.charCodeAt(length)) length += 1;
  return length;
}

/** What is sent of a part: a text, or a JSON value as text, of which the tail is sent as well. */
const textOf = (value: JsonValue = ""): string =>
  typeof value === "string" ? value : JSON.stringify(value);

/** Where a window changes a text first, by part; undefined for JSON. */
function changedOffsets(edits: readonly Edit[], { parts }: Document) {
  const offsets = new Map<string, number | undefined>();
  for (const edit of edits) {
    const { part } = edit;
    if (edit.is === "json" || edit.is === "patch") {
      offsets.set(part, undefined);
      continue;
    }
    const offset = edit.is === "splice" ? edit.offset : textOf(parts[part]).length;
    offsets.set(part, Math.min(offset, offsets.get(part) ?? offset));
  }
  return offsets;
}

function sender(): Sender {
  const document = new Document();
  const values = new Map<string, string>();
  const patch = (part: string, text: string, offset: number): string => {
    const change: TailPatch = { type: "patch", id: ID, part, offset, text: text.slice(offset) };
    return JSON.stringify(change);
  };
  const patchValue = (part: string): string => {
    const text = textOf(document.parts[part]);
    const offset = commonLength(text, values.get(part) ?? "");
    values.set(part, text);
    return patch(part, text, offset);
  };
  return {
    send(edits) {
      const offsets = changedOffsets(edits, document);
      document.apply(edits);
      return [...offsets].map(([part, offset]) =>
        offset === undefined ? patchValue(part) : patch(part, textOf(document.parts[part]), offset),
      );
    },
    end: () => [],
    join: () =>
      Object.entries(document.parts).map(([part, value]) => patch(part, textOf(value), 0)),
  };
}

/** @param isJson whether a part is a JSON value: its reader knows */
function receiver(isJson: (part: string) => boolean): Receiver {
  const parts = new Map<string, string>();
  let hasNoticed = false;
  return {
    receive(message: Message) {
      const { part, offset, text }: TailPatch = JSON.parse(message as string); // see sender
      const before = parts.get(part) ?? "";
      if (offset > before.length) hasNoticed = true; // all that it can notice
      parts.set(part, before.slice(0, offset) + text);
    },
    read(part) {
      const text = parts.get(part);
      return text !== undefined && isJson(part) ? JSON.parse(text) : text;
    },
    get hasNoticed() {
      return hasNoticed;
    },
  };
}

/** The changed offset of a part and everything from there to its end, in a JSON envelope. */
export const tailPatch: Peer = {
  name: "tail-patch",
  title: "changed offset and tail, JSON",
  framing: "websocket",
  sender,
  receiver(input) {
    const edits = input.steps.flatMap((step) => step.edits);
    const values = new Set(edits.filter(({ is }) => is === "json").map(({ part }) => part));
    return receiver((part) => values.has(part));
  },
};
