import type { JsonValue } from "@deltawire/spec";
import type { Edit } from "./peer.js";

/** A program's own copy of everything, as one has it who writes no protocol: parts by name. */
export class Document {
  readonly parts: Record<string, JsonValue> = {};

  apply(edits: readonly Edit[]): void {
    for (const edit of edits) this.#apply(edit);
  }

  #apply(edit: Edit): void {
    const { parts } = this;
    switch (edit.is) {
      case "text":
        parts[edit.part] = "";
        return;
      case "json":
      case "patch":
        parts[edit.part] = edit.value;
        return;
      case "append":
        parts[edit.part] = `${parts[edit.part]}${edit.text}`;
        return;
      case "splice": {
        const text = String(parts[edit.part]);
        const after = text.slice(edit.offset + edit.removed);
        parts[edit.part] = text.slice(0, edit.offset) + edit.text + after;
      }
    }
  }
}
