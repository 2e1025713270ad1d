import {
  type Change,
  type ChangesFrame,
  type JsonOperation,
  type JsonValue,
  type PartChange,
  type Splice,
  unreachable,
} from "@deltawire/spec";
import { applyChanges } from "../apply.js";
import { ChannelState } from "../channel-state.js";
import { diffJson } from "../json-diff.js";
import type { Message } from "../message.js";
import type { Part } from "../part.js";
import { pointerTo } from "../pointer.js";
import { diffText } from "../text-diff.js";
import type { Edit } from "./edits.js";

const IDS = ["m1", "m2", "turn-3", "😀"];
const GLYPHS = ["😀", "😁", "😂"]; // the same high half

const pick = <T>(list: readonly T[], n: number): T | undefined => list[n % list.length];

/** The changes that an edit comes to in a state; none where it does not fit. */
function changesOf(state: ChannelState, edit: Edit): Change[] {
  if (state.closed) return [];
  const { n = [], m = 0 } = edit;
  if (edit.do === "close") {
    const [choice = 0] = n;
    const reason = choice % 2 === 1 && { reason: edit.text ?? "" };
    const error = choice % 3 === 1 && { error: { code: "broken" } };
    return [{ type: "channel_closed", ...reason, ...error }];
  }
  if (edit.do === "channel") {
    const attributes = operations(state.attributes, edit, true);
    return attributes.length > 0 ? [{ type: "channel_patch", attributes }] : [];
  }
  if (edit.do === "add") return add(state, edit);
  const message = pick(state.messages, m);
  if (!message) return [];
  const { id } = message;
  if (edit.do === "remove") return [{ type: "message_removed", id }];
  if (edit.do === "renew" && edit.head) {
    return [
      { type: "message_removed", id },
      { type: "message_added", ...edit.head, id },
    ];
  }
  if (edit.do === "end") return end(message, edit);
  if (message.isFinal) return [];
  return patch(message, edit);
}

function add(state: ChannelState, { m = 0, n = [], head }: Edit): Change[] {
  const id = pick(IDS, m) as string;
  const old = state.message(id);
  if (!head) return [];
  const least = old ? old.generation + (old.isFinal || (n[0] ?? 0) % 3 === 0 ? 1 : 0) : 0;
  const generation = old ? least : head.generation;
  return [{ type: "message_added", ...head, id, generation }];
}

function end(message: Message, { n = [], text = "" }: Edit): Change[] {
  const status = pick(["completed", "failed", "cancelled"] as const, n[0] ?? 0) ?? "completed";
  const error = { code: "broken", ...((n[1] ?? 0) % 2 && { message: text }) };
  const digests = message.digests();
  const why = status === "failed" && { error };
  return [{ type: "message_completed", id: message.id, status, ...why, digests }];
}

function patch(message: Message, edit: Edit): Change[] {
  const { id } = message;
  const { n = [] } = edit;
  const type = "message_patch";
  if (edit.do === "attributes") {
    const attributes = operations(message.attributes, edit, true);
    return attributes.length > 0 ? [{ type, id, attributes }] : [];
  }
  if (edit.do === "status") {
    return [{ type, id, status: (n[0] ?? 0) % 2 ? "streaming" : "interrupted" }];
  }
  if (edit.do === "origin") return [{ type, id, origin: `producer-${(n[0] ?? 0) % 3}` }];
  const change = partChange(message, edit);
  return change ? [{ type, id, parts: [change] }] : [];
}

function partChange(message: Message, edit: Edit): PartChange | undefined {
  const { n = [] } = edit;
  if (edit.do === "insert") {
    if (!edit.content || message.part(edit.content.id)) return undefined;
    const before = pick([...message.parts.map(({ id }) => id), undefined], n[0] ?? 0);
    return {
      type: "part_inserted",
      content: edit.content,
      ...(before !== undefined && { before }),
    };
  }
  const kinds: Partial<Record<Edit["do"], Part["kind"]>> = {
    append: "text",
    splice: "text",
    swap: "text",
    json: "json",
    set: "json",
    bytes: "bytes",
  };
  const kind = kinds[edit.do];
  const part = pick(
    kind ? message.parts.filter((p) => p.kind === kind) : message.parts,
    edit.p ?? 0,
  );
  if (!part) return undefined;
  if (edit.do === "drop") return { type: "part_removed", part: part.id };
  return content(part, edit);
}

function content(part: Part, edit: Edit): PartChange | undefined {
  switch (part.kind) {
    case "text": {
      const splices = splicesOf(part.text, edit);
      return splices.length > 0 ? { type: "text_splice", part: part.id, splices } : undefined;
    }
    case "json": {
      const list = operations(part.value, edit, false);
      return list.length > 0 ? { type: "json_patch", part: part.id, operations: list } : undefined;
    }
    case "bytes": {
      const appended = edit.bytes ?? new Uint8Array();
      const [chance = 0, amount = 0, skipped = 0] = edit.n ?? [];
      const { length } = part.content;
      const head = {
        type: "bytes_patch",
        part: part.id,
        appended,
        ...(edit.base && { base: edit.base }),
      } as const;
      if (skipped % 5 === 1) return { ...head, trimmed: length, skipped };
      return { ...head, trimmed: chance % 2 ? amount % (length + appended.length + 1) : 0 };
    }
    default:
      return unreachable(part);
  }
}

/** The nearest offset at or below that is not inside a surrogate pair. */
export function boundary(text: string, offset: number): number {
  return (text.charCodeAt(offset) & 0xfc00) === 0xdc00 ? offset - 1 : offset;
}

function splicesOf(text: string, { do: kind, n = [], text: inserted = "" }: Edit): Splice[] {
  if (kind === "append") return [{ changed_offset: text.length, removed: 0, text: inserted }];
  if (kind === "swap") {
    const swapped = text.replace(/[😀😁😂]/gu, (glyph) => {
      return GLYPHS[(GLYPHS.indexOf(glyph) + 1) % GLYPHS.length] as string;
    });
    return diffText(text, swapped);
  }
  const ends = n.map((offset) => boundary(text, offset % (text.length + 1))).sort((a, b) => a - b);
  const splices: Splice[] = [];
  let last = -1;
  for (let i = 0; i + 1 < ends.length; i += 2) {
    const [start = 0, stop = 0] = ends.slice(i, i + 2);
    if (start <= last || (start === stop && inserted === "")) continue;
    splices.push({ changed_offset: start, removed: stop - start, text: i === 0 ? inserted : "" });
    if (start === stop && i > 0) splices.pop();
    else last = stop;
  }
  return splices;
}

/** A legal operation somewhere in a value, or a value set whole. */
export function operations(root: JsonValue, edit: Edit, isObject: boolean): JsonOperation[] {
  const { n = [], value = null, text = "" } = edit;
  if (edit.do === "set") return diffJson(root, typeof root === "string" ? root + text : value);
  let path = "";
  let at: JsonValue = root;
  const steps = n.slice(1);
  for (const step of steps) {
    if (typeof at !== "object" || at === null) break;
    const key = pick(Object.keys(at), step);
    if (key === undefined || (step % 4 === 0 && path !== "")) break;
    path = pointerTo(path, key);
    at = (at as Record<string, JsonValue>)[key] as JsonValue;
  }
  const [choice = 0] = n;
  if (typeof at === "string" && choice % 3 > 0) {
    const splices = splicesOf(at, choice % 2 ? { do: "append", text } : { do: "splice", n, text });
    return splices.slice(0, 1).map((splice) => ({ op: "splice", path, ...splice }));
  }
  if (typeof at === "object" && at !== null && choice % 4 > 0) {
    const { length } = Object.keys(at);
    const key = Array.isArray(at)
      ? pick(["-", length, 0, choice % (length + 1)], choice)
      : pick(["new", "a/b", "~", "-", "0", ...Object.keys(at)], choice);
    return [{ op: "add", path: pointerTo(path, key ?? "new"), value }];
  }
  if (path === "") return [{ op: "replace", path, value: isObject ? { value } : value }];
  return choice % 2 ? [{ op: "remove", path }] : [{ op: "replace", path, value }];
}

/** A history: the state at each version, and the frame that leads from each to the next. */
export interface History {
  readonly states: readonly ChannelState[];
  readonly frames: readonly ChangesFrame[];
}

/** Runs edits, each batch one frame. @param steps versions that frames go on by, over and over */
export function run(
  batches: readonly (readonly Edit[])[],
  channel = "c",
  start = 0,
  steps: readonly number[] = [],
): History {
  let state = ChannelState.of("epoch-1", { seq: start });
  const states = [state];
  const frames: ChangesFrame[] = [];
  for (const batch of batches) {
    const changes: Change[] = [];
    let current = state;
    for (const edit of batch) {
      const next = changesOf(current, edit);
      current = applyChanges(current, next);
      changes.push(...next);
    }
    const { seq } = state;
    const to = seq + (pick(steps, frames.length) ?? 1);
    frames.push({ type: "changes", channel, from: seq, to, changes });
    state = current.with({ seq: to });
    states.push(state);
  }
  return { states, frames };
}

/** A state as plain data, for comparison. */
export function plain(state: ChannelState): unknown {
  const { epoch, seq, attributes, closed, messages } = state;
  return { epoch, seq, attributes, closed, messages: messages.map((one) => one.snapshot()) };
}
