import type { JsonValue } from "@deltawire/spec";

/** The size of a JSON value by the rule of PROTOCOL.md, "Limits"; costs O(value). */
export function sizeOf(value: JsonValue): number {
  if (typeof value === "string") return 8 + value.length;
  if (typeof value !== "object" || value === null) return 8;
  let size = 8;
  if (isList(value)) for (const item of value) size += sizeOf(item);
  else for (const key of Object.keys(value)) size += key.length + sizeOf(value[key] as JsonValue);
  return size;
}

/** `Array.isArray` for readonly lists. */
export function isList(value: JsonValue): value is readonly JsonValue[] {
  return Array.isArray(value);
}
