import {
  DeltawireError,
  type JsonOperation,
  type JsonValue,
  type PartChange,
} from "@deltawire/spec";
import { copyOf, copyOfOperations } from "./json-copy.js";
import { operationsTo } from "./json-operations.js";
import { find, inserted, type PartTarget } from "./part-target.js";
import { splicesInPieces } from "./pieces.js";
import { type IllFormed, type TextEdit, TextSource } from "./text-source.js";

/** Writes a text part. Offsets are UTF-16 code units of what was written so far. */
export class TextWriter {
  readonly #target: PartTarget;
  readonly #part: string;
  /** What was written, where that differs from what is on the wire. */
  #written: IllFormed | undefined;

  constructor(target: PartTarget, part: string) {
    this.#target = target;
    this.#part = part;
  }

  /** Adds to the end; costs O(text). */
  append(text: string): this {
    return this.#edit(text, (source) => source.append(text));
  }

  /** Makes this the whole text: one comparison where it grew at the end, a diff where not. */
  set(text: string): this {
    return this.#edit(text, (source) => source.set(text));
  }

  /**
   * Replaces `removed` units at `changedOffset`.
   *
   * @throws DeltawireError `offset_out_of_range`
   */
  splice(changedOffset: number, removed: number, text: string): this {
    return this.#edit(text, (source) => source.splice(changedOffset, removed, text));
  }

  /** Half of a surrogate pair at the end stays alone: it goes out as U+FFFD. */
  finish(): this {
    return find(this.#target, this.#part, "text")
      ? this.#edit("", (source) => source.finish())
      : this;
  }

  #edit(text: string, edit: (source: TextSource) => TextEdit): this {
    if (typeof text !== "string") {
      throw new DeltawireError("malformed", `expected a string, not ${typeof text}`);
    }
    const part = find(this.#target, this.#part, "text");
    const source = new TextSource(part?.content, part && this.#written);
    const { splices, written, whole } = edit(source);
    const changes: PartChange[] = part
      ? []
      : [inserted({ id: this.#part, kind: "text", text: "" })];
    for (const piece of splicesInPieces(splices)) {
      changes.push({ type: "text_splice", part: this.#part, splices: piece });
    }
    this.#target.change(...changes);
    this.#written = written;
    if (whole !== undefined) find(this.#target, this.#part, "text")?.content.reads(whole);
    return this;
  }
}

/** What travels; `move`, `copy` and `test` of RFC 6902 do not. */
const OPERATIONS: readonly string[] = ["add", "remove", "replace", "splice"];

/** Writes a JSON part. */
export class JsonWriter {
  readonly #target: PartTarget;
  readonly #part: string;

  constructor(target: PartTarget, part: string) {
    this.#target = target;
    this.#part = part;
  }

  /**
   * Makes this the whole value; only what differs travels, and a string that grew is a splice.
   * The value is copied.
   *
   * @throws DeltawireError `malformed`, `forbidden_key` or `limit_exceeded`, with the path
   */
  set(value: JsonValue): this {
    const next = copyOf(value);
    const part = find(this.#target, this.#part, "json");
    if (part) return this.#change(...patchOf(this.#part, operationsTo(part.value, next)));
    return this.#change(inserted({ id: this.#part, kind: "json", value: next }));
  }

  /**
   * Applies operations, all or none: `add`, `remove`, `replace` of RFC 6902, and `splice` of a
   * string.
   *
   * @throws DeltawireError `malformed` for any other operation, and with the path of the operation that does not apply
   */
  patch(operations: readonly JsonOperation[]): this {
    for (const [i, { op }] of operations.entries()) {
      if (OPERATIONS.includes(op)) continue;
      const what = `operation ${i} is ${JSON.stringify(op)}; say it by ${OPERATIONS.join(", ")}`;
      throw new DeltawireError("malformed", what, { path: `/operations/${i}/op` });
    }
    const begin = find(this.#target, this.#part, "json")
      ? []
      : [inserted({ id: this.#part, kind: "json", value: null })];
    return this.#change(...begin, ...patchOf(this.#part, copyOfOperations(operations)));
  }

  #change(...changes: readonly PartChange[]): this {
    this.#target.change(...changes);
    return this;
  }
}

const patchOf = (part: string, operations: readonly JsonOperation[]): PartChange[] =>
  operations.length > 0 ? [{ type: "json_patch", part, operations }] : [];
