import type { JsonOperation, JsonValue } from "@deltawire/spec";
import { tokensOf } from "./json-places.js";

/** A JSON value that an application of its own changes in place, where no package does it. */
export class PlainValue {
  /** Holds the value, so that it can be replaced like any other. */
  readonly #holder: { value: JsonValue };

  constructor(value: JsonValue) {
    this.#holder = { value };
  }

  get value(): JsonValue {
    return this.#holder.value;
  }

  /** What stands at a pointer. */
  at(path: string): JsonValue | undefined {
    let value: JsonValue | undefined = this.value;
    for (const token of tokensOf(path)) value = Object(value)[token];
    return value;
  }

  /** Makes a change; values are taken as they are, not copied. */
  apply(operation: JsonOperation): void {
    const place = ["value", ...tokensOf(operation.path)];
    const last = place.pop() ?? "value";
    let inside: unknown = this.#holder;
    for (const token of place) inside = Object(inside)[token];
    if (Array.isArray(inside)) {
      const index = last === "-" ? inside.length : Number(last);
      if (operation.op === "splice") inside[index] = spliced(inside[index], operation);
      else if (operation.op === "replace") inside[index] = operation.value;
      else if (operation.op === "add") inside.splice(index, 0, operation.value);
      else inside.splice(index, 1);
      return;
    }
    if (typeof inside !== "object" || inside === null) throw new Error(`no ${operation.path}`);
    const object = inside as Record<string, JsonValue | undefined>;
    if (operation.op === "splice") object[last] = spliced(object[last], operation);
    else if (operation.op === "remove") delete object[last];
    else object[last] = operation.value;
  }
}

function spliced(text: unknown, splice: JsonOperation & { readonly op: "splice" }): string {
  if (typeof text !== "string") throw new Error(`no text at ${splice.path}`);
  const { changed_offset: offset, removed } = splice;
  // Most texts grow at their end, where nothing has to be taken apart.
  if (offset === text.length) return text + splice.text;
  return text.slice(0, offset) + splice.text + text.slice(offset + removed);
}
