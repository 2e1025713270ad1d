import type { ChannelState, JsonValue, Message, Part } from "@deltawire/client";
import type { TurnCopy } from "../src/page/report.js";

/** What comparing a viewer's state with the original found. */
export type Verdict =
  /** There is nothing to compare. */
  | { readonly is: "nothing" }
  /** The same to the letter at a version; and the same as the editor's own copy, once it is done. */
  | { readonly is: "equal"; readonly seq: number; readonly asEditor: boolean }
  /** Another version than the original's, and how many characters that is away from it. */
  | { readonly is: "behind"; readonly units: number }
  /** The same version and another content: a defect. */
  | { readonly is: "different"; readonly message: string };

/** Parts that were found equal: what is shared by two versions is compared once. */
const known = new WeakMap<Part, Part>();

/** Turns that were found to be the editor's copy: what changes beside them compares nothing again. */
const copied = new WeakMap<Message, TurnCopy>();

/**
 * Compares a viewer's state with the one that this page reads directly, part by part, and a turn
 * that has ended with the editor's own copy.
 */
export function verdictOf(
  state: ChannelState,
  original: ChannelState,
  copy: TurnCopy | undefined,
): Verdict {
  if (original.messages.length === 0) return { is: "nothing" };
  if (state.epoch !== original.epoch || state.seq !== original.seq) {
    return { is: "behind", units: Math.abs(unitsOf(original) - unitsOf(state)) };
  }
  const different = original.messages.find((message) => {
    const other = state.message(message.id);
    return !other || !isSameMessage(message, other);
  });
  if (different || state.messages.length !== original.messages.length) {
    return { is: "different", message: different?.id ?? "one too many" };
  }
  const turn = copy && state.message(copy.message);
  if (!copy || !turn || copy.status === "running") {
    return { is: "equal", seq: state.seq, asEditor: false };
  }
  if (!isCopy(turn, copy)) return { is: "different", message: turn.id };
  return { is: "equal", seq: state.seq, asEditor: true };
}

/** Size of everything in a state: its text in UTF-16 units, and about as much for JSON. */
function unitsOf(state: ChannelState): number {
  return state.messages.reduce((sum, message) => sum + message.size, 0);
}

function isSameMessage(one: Message, other: Message): boolean {
  if (one === other) return true;
  if (one.status !== other.status || one.parts.length !== other.parts.length) return false;
  return one.parts.every((part, i) => {
    const its = other.parts[i];
    return its !== undefined && isSamePart(part, its);
  });
}

function isSamePart(one: Part, other: Part): boolean {
  if (one === other || known.get(one) === other) return true;
  const isSame = one.id === other.id && isSameContent(contentOf(one), contentOf(other));
  if (isSame) known.set(one, other);
  return isSame;
}

function isCopy(message: Message, copy: TurnCopy): boolean {
  if (copied.get(message) === copy) return true;
  const isSame =
    copy.parts.length === message.parts.length &&
    copy.parts.every(([id, content], i) => {
      const part = message.parts[i];
      return part?.id === id && isSameContent(contentOf(part), content);
    });
  if (isSame) copied.set(message, copy);
  return isSame;
}

function contentOf(part: Part): string | JsonValue {
  if (part.kind === "bytes") return [...part.bytes];
  return part.kind === "text" ? part.text : part.value;
}

/** Whether two JSON values are the same, whatever the order of their members. */
function isSameContent(one: unknown, other: unknown): boolean {
  if (one === other) return true;
  if (typeof one !== "object" || typeof other !== "object" || !one || !other) return false;
  if (Array.isArray(one) !== Array.isArray(other)) return false;
  const members = Object.entries(one);
  if (members.length !== Object.keys(other).length) return false;
  const its = new Map(Object.entries(other));
  return members.every(([name, value]) => its.has(name) && isSameContent(value, its.get(name)));
}
