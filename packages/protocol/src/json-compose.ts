import type { JsonOperation } from "@deltawire/spec";
import { composeSplices } from "./splice-composition.js";

/** How far back an operation looks for an earlier one that it can fold into. */
const LOOK_BACK = 16;

const within = (path: string, ancestor: string): boolean =>
  path.startsWith(ancestor) && (path.length === ancestor.length || path[ancestor.length] === "/");

const parentOf = (path: string): string => path.slice(0, Math.max(0, path.lastIndexOf("/")));

/** Whether an operation leaves the meaning and the value of another path alone. */
function leaves(operation: JsonOperation, path: string): boolean {
  const shifts = operation.op === "add" || operation.op === "remove"; // a list's items, maybe
  const place = shifts ? parentOf(operation.path) : operation.path;
  return !within(path, place) && !within(operation.path, path);
}

/**
 * Adds operations to a list, so that it does what both do: splices of one string and replacements
 * of one value fold together, so that a string that streams in a value stays one operation.
 */
export function addOperations(list: JsonOperation[], operations: readonly JsonOperation[]): void {
  for (const operation of operations) {
    if (!fold(list, operation)) list.push(operation);
  }
}

/** Folds an operation into an earlier one of the same path, if nothing between is concerned. */
function fold(operations: JsonOperation[], operation: JsonOperation): boolean {
  if (operation.op !== "splice" && operation.op !== "replace") return false;
  const { path } = operation;
  for (let i = operations.length - 1; i >= Math.max(0, operations.length - LOOK_BACK); i--) {
    const earlier = operations[i] as JsonOperation; // i is in range
    if (earlier.path === path && earlier.op !== "remove") {
      const folded = foldInto(earlier, operation);
      if (folded) operations[i] = folded;
      return folded !== undefined;
    }
    if (!leaves(earlier, path)) return false;
  }
  return false;
}

function foldInto(earlier: JsonOperation, operation: JsonOperation): JsonOperation | undefined {
  if (operation.op === "replace") {
    return earlier.op === "add" ? { ...earlier, value: operation.value } : operation;
  }
  if (operation.op !== "splice") return undefined;
  if (earlier.op === "splice") {
    const [only, ...more] = composeSplices([earlier], [operation]);
    return only && more.length === 0 ? { op: "splice", path: earlier.path, ...only } : undefined;
  }
  if (earlier.op === "remove" || typeof earlier.value !== "string") return undefined;
  const { changed_offset: offset, removed, text } = operation;
  const { value } = earlier;
  return {
    ...earlier,
    value: value.slice(0, offset) + text + value.slice(offset + removed),
  };
}
