import { isDeepStrictEqual } from "node:util";
import type { JsonOperation, JsonValue } from "@deltawire/spec";
import type { Edit, Receiver } from "./peer.js";

/** What was written into JSON by an operation, in UTF-8: a string that is spliced in, or a value. */
function written(operation: JsonOperation): number {
  if (operation.op === "remove") return 0;
  const text = operation.op === "splice" ? operation.text : JSON.stringify(operation.value);
  return Buffer.byteLength(text);
}

/** What a run has led to, in plain strings and values: no peer has a part in it. */
export class Truth {
  readonly #parts = new Map<string, JsonValue>();
  /**
   * The raw text, in bytes of UTF-8: everything that was written, once. Of JSON, what an agent
   * produces of it: strings as they stream in, and other values as JSON text.
   */
  raw = 0;

  apply(edits: readonly Edit[]): void {
    for (const edit of edits) this.#apply(edit);
  }

  #apply(edit: Edit): void {
    switch (edit.is) {
      case "text":
        this.#parts.set(edit.part, "");
        return;
      case "json":
        this.#parts.set(edit.part, edit.value);
        this.raw += Buffer.byteLength(JSON.stringify(edit.value));
        return;
      case "append":
        this.#parts.set(edit.part, this.#text(edit.part) + edit.text);
        this.raw += Buffer.byteLength(edit.text);
        return;
      case "splice": {
        const { part, offset, removed, text } = edit;
        const before = this.#text(part);
        if (offset + removed > before.length) throw new RangeError(`past the end of ${part}`);
        const after = before.slice(offset + removed);
        this.#parts.set(part, before.slice(0, offset) + text + after);
        this.raw += Buffer.byteLength(text);
        return;
      }
      case "patch":
        this.#parts.set(edit.part, edit.value);
        for (const operation of edit.operations) this.raw += written(operation);
    }
  }

  #text(part: string): string {
    const text = this.#parts.get(part);
    if (typeof text === "string") return text;
    throw new TypeError(`${part} is no text`);
  }

  /** Names of the parts that a receiver shows otherwise. */
  differences(receiver: Receiver): string[] {
    const parts = [...this.#parts];
    return parts
      .filter(([part, value]) => !isDeepStrictEqual(receiver.read(part), value))
      .map(([part]) => part);
  }
}
