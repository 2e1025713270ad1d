import type { JsonOperation, JsonValue } from "@deltawire/spec";

/** The value after an operation on members of objects and ends of lists; what stays is shared. */
export function applied(value: JsonValue, operation: JsonOperation): JsonValue {
  return at(value, operation.path.split("/").slice(1), operation);
}

function at(value: JsonValue, path: readonly string[], operation: JsonOperation): JsonValue {
  const [key, ...rest] = path;
  if (key === undefined) return changed(value, operation);
  if (Array.isArray(value)) {
    if (key === "-") return [...value, changed(null, operation)];
    return value.map((item, i) => (i === Number(key) ? at(item, rest, operation) : item));
  }
  const members: { readonly [key: string]: JsonValue } = Object(value);
  return { ...members, [key]: at(members[key] ?? null, rest, operation) };
}

function changed(value: JsonValue, operation: JsonOperation): JsonValue {
  if (operation.op === "remove") throw new TypeError("nothing is removed here");
  if (operation.op !== "splice") return operation.value;
  const { changed_offset: offset, removed, text } = operation;
  const before = String(value);
  return before.slice(0, offset) + text + before.slice(offset + removed);
}
