import { Text as Content, textChanges } from "@deltawire/protocol/state";
import { toWellFormed } from "@deltawire/spec";
import type { TextTarget } from "./text-target.js";

/** A text in one node of the document. */
export class TextNode implements TextTarget {
  readonly #node: Text;

  constructor(node: Text) {
    this.#node = node;
  }

  get length(): number {
    return this.#node.length;
  }

  splice(offset: number, removed: number, text: string): boolean {
    this.#node.replaceData(offset, removed, text);
    return true;
  }

  replace(text: string): void {
    const { data } = this.#node;
    if (toWellFormed(data) !== data) this.#node.data = text;
    else {
      const changes = textChanges(Content.of(data), Content.of(text)).reverse();
      for (const { changed_offset, removed, text } of changes) {
        this.splice(changed_offset, removed, text);
      }
    }
  }
}
