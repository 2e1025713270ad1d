import { diffJson } from "@deltawire/protocol/differences";
import { type JsonObject, type JsonOperation, type JsonValue, LIMITS } from "@deltawire/spec";

/** Operations beyond which a value is better stated whole. */
const MAX_OPERATIONS = 8192;

/** What turns one JSON value into another, in operations within the protocol's bounds. */
export function operationsTo<Value extends JsonValue>(old: Value, next: Value): JsonOperation[] {
  return within(diffJson(old, next), next);
}

/** Operations that lead to a value; it, where they are past the protocol's bounds. */
export function within(operations: readonly JsonOperation[], next: JsonValue): JsonOperation[] {
  const travels =
    operations.length <= MAX_OPERATIONS &&
    operations.every(({ path }) => path.length <= LIMITS.max_path_length);
  return travels ? [...operations] : [{ op: "replace", path: "", value: next }];
}

/**
 * Operations that set what differs of a channel's attributes, each of which applies whatever other
 * writers have made of them: `add` replaces what is there, and what it has put there can be removed.
 *
 * @param gone keys that may be there still, whatever `old` says
 */
export function assign(
  old: JsonObject,
  next: JsonObject,
  gone: Iterable<string> = [],
): JsonOperation[] {
  const operations: JsonOperation[] = [];
  const pointer = (key: string) => `/${key.replace(/~/g, "~0").replace(/\//g, "~1")}`;
  for (const key of new Set([...Object.keys(old), ...gone])) {
    if (Object.hasOwn(next, key)) continue;
    const path = pointer(key);
    operations.push({ op: "add", path, value: null }, { op: "remove", path });
  }
  for (const [key, value] of Object.entries(next)) {
    const before = Object.hasOwn(old, key) ? old[key] : undefined;
    const same = before !== undefined && diffJson(before, value).length === 0;
    if (!same) operations.push({ op: "add", path: pointer(key), value });
  }
  return operations;
}
