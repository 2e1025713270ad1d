/** A JSON object of unknown shape: what a trace line or a provider's event is, before it is read. */
export type JsonObject = Readonly<Record<string, unknown>>;

/** The object that `value` is, or `undefined` if it is anything else. */
export function asObject(value: unknown): JsonObject | undefined {
  return typeof value === "object" && value !== null && !Array.isArray(value)
    ? (value as JsonObject) // the three checks before it
    : undefined;
}

/** The string that `value` is, or `""`: providers send null and leave members out for "nothing". */
export function asText(value: unknown): string {
  return typeof value === "string" ? value : "";
}

/** Text for a value that a view shows as text: strings as they are, anything else as JSON. */
export function textOf(value: unknown): string {
  return typeof value === "string" ? value : (JSON.stringify(value) ?? "");
}

/** The object in `text`, or `undefined` if `text` is not JSON, or is JSON but not an object. */
export function parseObject(text: string): JsonObject | undefined {
  try {
    return asObject(JSON.parse(text));
  } catch {
    return undefined;
  }
}
