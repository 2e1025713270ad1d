import type { JsonObject, JsonOperation, JsonValue } from "@deltawire/spec";
import { pointerTo } from "./pointer.js";
import { isList, sizeOf } from "./size.js";
import { diffText } from "./text-diff.js";

const isObject = (value: JsonValue): value is JsonObject =>
  typeof value === "object" && value !== null && !isList(value);

/**
 * Operations that turn one JSON value into the other; values of the same identity are equal and
 * not looked into. Where the operations would be larger than the value, one `replace`.
 */
export function diffJson(previous: JsonValue, next: JsonValue): JsonOperation[] {
  const operations: JsonOperation[] = [];
  diffAt("", previous, next, operations);
  if (operations.length < 2) return operations;
  const cost = operations.reduce((sum, operation) => sum + costOf(operation), 0);
  return cost > sizeOf(next) ? [{ op: "replace", path: "", value: next }] : operations;
}

/** About the bytes of an operation on the wire. */
export function costOf(operation: JsonOperation): number {
  const path = 8 + operation.path.length;
  if (operation.op === "remove") return path;
  return path + (operation.op === "splice" ? operation.text.length : sizeOf(operation.value));
}

function diffAt(path: string, a: JsonValue, b: JsonValue, out: JsonOperation[]): void {
  if (a === b) return;
  if (typeof a === "string" && typeof b === "string") diffStrings(path, a, b, out);
  else if (isObject(a) && isObject(b)) diffObjects(path, a, b, out);
  else if (typeof a === "object" && typeof b === "object" && a && b && isList(a) && isList(b)) {
    diffLists(path, a, b, out);
  } else out.push({ op: "replace", path, value: b });
}

function diffStrings(path: string, a: string, b: string, out: JsonOperation[]): void {
  const splices = diffText(a, b);
  const cost = splices.reduce((sum, { text }) => sum + text.length + MIN_SPLICE, 0);
  if (cost >= b.length) out.push({ op: "replace", path, value: b });
  // Back to front: each offset still counts in the text before.
  else for (const splice of splices.reverse()) out.push({ op: "splice", path, ...splice });
}

const MIN_SPLICE = 6;

function diffObjects(path: string, a: JsonObject, b: JsonObject, out: JsonOperation[]): void {
  for (const key of Object.keys(a)) {
    if (!Object.hasOwn(b, key)) out.push({ op: "remove", path: pointerTo(path, key) });
  }
  for (const key of Object.keys(b)) {
    const value = b[key] as JsonValue; // an own key
    const at = pointerTo(path, key);
    if (Object.hasOwn(a, key)) diffAt(at, a[key] as JsonValue, value, out);
    else out.push({ op: "add", path: at, value });
  }
}

function diffLists(
  path: string,
  a: readonly JsonValue[],
  b: readonly JsonValue[],
  out: JsonOperation[],
): void {
  const shorter = Math.min(a.length, b.length);
  let start = 0;
  let end = 0;
  if (a.length !== b.length) {
    while (start < shorter && equalJson(item(a, start), item(b, start))) start += 1;
    while (
      end < shorter - start &&
      equalJson(item(a, a.length - 1 - end), item(b, b.length - 1 - end))
    ) {
      end += 1;
    }
  }
  const common = shorter - end;
  for (let i = start; i < common; i++) diffAt(pointerTo(path, i), item(a, i), item(b, i), out);
  for (let i = a.length - end - 1; i >= common; i--) {
    out.push({ op: "remove", path: pointerTo(path, i) });
  }
  for (let i = common; i < b.length - end; i++) {
    out.push({ op: "add", path: pointerTo(path, i), value: item(b, i) });
  }
}

const item = (list: readonly JsonValue[], i: number): JsonValue => list[i] as JsonValue; // in range

/** Deep equality; the order of an object's members is not part of its value. */
export function equalJson(a: JsonValue, b: JsonValue): boolean {
  if (a === b) return true;
  if (typeof a !== "object" || typeof b !== "object" || !a || !b) return false;
  if (isList(a) || isList(b)) {
    if (!isList(a) || !isList(b) || a.length !== b.length) return false;
    return a.every((value, i) => equalJson(value, item(b, i)));
  }
  const keys = Object.keys(a);
  return (
    keys.length === Object.keys(b).length &&
    keys.every(
      (key) => Object.hasOwn(b, key) && equalJson(a[key] as JsonValue, b[key] as JsonValue),
    )
  );
}
