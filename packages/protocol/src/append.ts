import { DeltawireError, type JsonOperation, LIMITS, type PartChange } from "@deltawire/spec";
import type { NumberedPart, Tip } from "./numbered-part.js";

/** A tip, where its path is short enough to be kept. */
export function tipOf(path: unknown, offset: unknown): Tip | undefined {
  if (typeof path !== "string" || path.length > LIMITS.max_name_length) return undefined;
  if (!Number.isSafeInteger(offset) || Number(offset) < 0) return undefined;
  return { path, offset: Number(offset) };
}

/**
 * The tip that a frame states, if it states one. Whether its path is a pointer the reducer finds out.
 *
 * @throws DeltawireError `malformed` where what is stated is none
 */
export function statedTip(path: unknown, offset: unknown): Tip | undefined {
  if (path === undefined || path === null) return undefined;
  const tip = tipOf(path, offset);
  if (tip) return tip;
  throw new DeltawireError("malformed", "expected a path and an offset", { path: "" });
}

/** The tip that operations leave: the end of the last one, if that is a splice. */
export function tipAfter(operations: readonly JsonOperation[]): Tip | undefined {
  const last = operations.at(-1);
  if (last?.op !== "splice") return undefined;
  return tipOf(last.path, last.changed_offset + last.text.length);
}

/** The text, where a change is one append: to the end of a text, or at the tip of a JSON part. */
export function appendedText(
  { length, tip }: NumberedPart,
  change: PartChange,
): string | undefined {
  if (change.type === "text_splice") {
    const [splice] = change.splices;
    if (change.splices.length !== 1 || splice?.removed !== 0) return undefined;
    return splice.changed_offset === length ? splice.text : undefined;
  }
  if (change.type !== "json_patch" || !tip || change.operations.length !== 1) return undefined;
  const [operation] = change.operations;
  if (operation?.op !== "splice" || operation.removed !== 0) return undefined;
  const goesOn = operation.changed_offset === tip.offset && operation.path === tip.path;
  return goesOn ? operation.text : undefined;
}

/** Moves the end at which the next append begins. */
export function extend(numbered: NumberedPart, units: number): void {
  if (numbered.length !== undefined) numbered.length += units;
  else if (numbered.tip) numbered.tip.offset += units;
}

/**
 * The change that an append is; moves the end of its part.
 *
 * @throws DeltawireError `malformed` where there is nothing that an append could go on with
 */
export function changeOf(numbered: NumberedPart | undefined, text: string): PartChange {
  if (numbered?.length !== undefined) {
    const splice = { changed_offset: numbered.length, removed: 0, text };
    numbered.length += text.length;
    return { type: "text_splice", part: numbered.part, splices: [splice] };
  }
  if (!numbered?.tip) {
    throw new DeltawireError("malformed", "there is no text to append to", { path: "" });
  }
  const { path, offset } = numbered.tip;
  numbered.tip.offset += text.length;
  const operation = { op: "splice", path, changed_offset: offset, removed: 0, text } as const;
  return { type: "json_patch", part: numbered.part, operations: [operation] };
}
