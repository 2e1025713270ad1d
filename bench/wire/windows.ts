import type { JsonOperation } from "@deltawire/spec";
import type { Edit, Input, Peer } from "./peer.js";

/** Milliseconds of a window: Deltawire's default. */
const THROTTLE = 100;

/** What goes out at once. */
export type Window = readonly Edit[];

type Insertion = Extract<JsonOperation, { readonly op: "splice" }>;

/** Two insertions into one string, the later behind the earlier. */
function joined(first: JsonOperation, next: JsonOperation): Insertion | undefined {
  if (first.op !== "splice" || next.op !== "splice" || first.path !== next.path) return undefined;
  const end = first.changed_offset + first.text.length;
  if (next.removed > 0 || next.changed_offset !== end) return undefined;
  return { ...first, text: first.text + next.text };
}

/** Both lists of operations as one. */
function inOrder(
  first: readonly JsonOperation[],
  next: readonly JsonOperation[],
): readonly JsonOperation[] {
  const [last, head] = [first.at(-1), next[0]];
  const both = last && head && joined(last, head);
  return both ? [...first.slice(0, -1), both, ...next.slice(1)] : [...first, ...next];
}

/** Two edits of one part as one; undefined where they are two. */
function merged(first: Edit, next: Edit): Edit | undefined {
  if (first.is === "append" && next.is === "append") {
    return { ...first, text: first.text + next.text };
  }
  if (first.is !== "patch" || next.is !== "patch") return undefined;
  const operations = inOrder(first.operations, next.operations);
  return { ...next, operations };
}

/** Edits as those of one window: what follows each other in a part as one. */
export function merge(edits: readonly Edit[]): Window {
  const window: Edit[] = [];
  const last = new Map<string, number>();
  for (const edit of edits) {
    const at = last.get(edit.part);
    const before = at === undefined ? undefined : window[at];
    const both = before && merged(before, edit);
    if (both && at !== undefined) window[at] = both;
    else last.set(edit.part, window.push(edit) - 1);
  }
  return window;
}

/**
 * The windows of an input: the first edit after a silence goes out at once; what comes within the
 * window after that goes out together when it ends, and the next one begins.
 */
function throttled({ steps }: Input): Window[] {
  const windows: Window[] = [];
  let end = Number.NEGATIVE_INFINITY;
  let pending: Edit[] = [];
  const flush = (at: number) => {
    windows.push(merge(pending));
    pending = [];
    end = at + THROTTLE;
  };
  for (const { at, edits } of steps) {
    if (pending.length > 0 && at >= end) flush(end);
    pending.push(...edits);
    if (at >= end) flush(at);
  }
  if (pending.length > 0) flush(end);
  return windows;
}

const throttledOf = new WeakMap<Input, readonly Window[]>();

/** What a peer is given to send, one after the other: the same for all that are throttled. */
export function windowsOf(input: Input, peer: Pick<Peer, "isUnthrottled">): readonly Window[] {
  if (peer.isUnthrottled) return input.steps.map(({ edits }) => edits);
  let windows = throttledOf.get(input);
  if (!windows) {
    windows = throttled(input);
    throttledOf.set(input, windows);
  }
  return windows;
}
