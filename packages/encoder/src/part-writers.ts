import { JsonPart, type Message } from "@deltawire/protocol";
import {
  checkJson,
  DeltawireError,
  type JsonOperation,
  type JsonValue,
  LIMITS,
  type PartChange,
  type PartContent,
  type Splice,
  toWellFormed,
} from "@deltawire/spec";
import { TextSource } from "./text-source.js";

/** Units of text that go into one change; a longer append becomes several. */
const PIECE = 1 << 18;

/** How a part writer changes its part. */
export interface PartTarget {
  /** The message as every change so far has left it. */
  readonly message: Message;
  change(...changes: readonly PartChange[]): void;
}

/** Inserts a part unless it is there. @throws DeltawireError `wrong_part_kind` */
function ensure(target: PartTarget, content: PartContent): void {
  const part = target.message.part(content.id);
  if (part?.kind === content.kind) return;
  if (!part) target.change({ type: "part_inserted", content });
  else {
    const what = `part ${content.id} of message ${target.message.id} is a ${part.kind} part`;
    throw new DeltawireError("wrong_part_kind", what, { path: "/part" });
  }
}

/** Writes a text part. Offsets are UTF-16 code units of what was written so far. */
export class TextWriter {
  readonly #target: PartTarget;
  readonly #part: string;
  readonly #source = new TextSource();

  constructor(target: PartTarget, part: string) {
    this.#target = target;
    this.#part = part;
  }

  /** Adds to the end; costs O(text). */
  append(text: string): this {
    return this.#edit(() => {
      for (let at = 0; at < text.length; at += PIECE) {
        this.#splice(this.#source.append(text.slice(at, at + PIECE)));
      }
    });
  }

  /** Makes this the whole text: one comparison where it grew at the end, a diff where not. */
  set(text: string): this {
    return this.#edit(() => {
      for (const piece of pieces(this.#source.set(text))) this.#splice(piece);
    });
  }

  /**
   * Replaces `removed` units at `changedOffset`.
   *
   * @throws DeltawireError `offset_out_of_range`
   */
  splice(changedOffset: number, removed: number, text: string): this {
    return this.#edit(() => {
      const splices = this.#source.splice(changedOffset, removed, text);
      for (const piece of pieces(splices)) this.#splice(piece);
    });
  }

  /** Nothing more comes. */
  finish(): void {
    this.#splice(this.#source.finish());
  }

  /** Begins the part, and edits it; what is refused is not in the source either. */
  #edit(step: () => void): this {
    ensure(this.#target, { id: this.#part, kind: "text", text: "" });
    try {
      step();
    } catch (error) {
      const part = this.#target.message.part(this.#part);
      if (part?.kind === "text") this.#source.resync(part.content);
      throw error;
    }
    return this;
  }

  #splice(splices: readonly Splice[]): void {
    if (splices.length === 0) return;
    this.#target.change({ type: "text_splice", part: this.#part, splices });
  }
}

/** Splices as they are, unless they are too long for one change: then one after the other. */
function pieces(splices: readonly Splice[]): (readonly Splice[])[] {
  if (splices.reduce((sum, { text }) => sum + text.length, 0) <= PIECE) return [splices];
  const steps: Splice[][] = [];
  for (const { changed_offset, removed, text } of splices.slice().reverse()) {
    let end = 0;
    for (let at = 0; at === 0 || at < text.length; at = end) {
      end = Math.min(at + PIECE, text.length);
      if ((text.charCodeAt(end) & 0xfc00) === 0xdc00) end -= 1;
      const first = at === 0 ? removed : 0;
      steps.push([
        { changed_offset: changed_offset + at, removed: first, text: text.slice(at, end) },
      ]);
    }
  }
  return steps;
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
    const next = wellFormed(value);
    const part = this.#target.message.part(this.#part);
    if (part?.kind !== "json") {
      ensure(this.#target, { id: this.#part, kind: "json", value: bounded(checkJson(next)) });
      return this;
    }
    return this.#patch(JsonPart.diff(part.value, bounded(checkJson(next))));
  }

  /**
   * Applies operations: `add`, `remove`, `replace` of RFC 6902, and `splice` of a string.
   *
   * @throws DeltawireError with the path of the operation that does not apply
   */
  patch(operations: readonly JsonOperation[]): this {
    for (const [i, { op }] of operations.entries()) {
      if (OPERATIONS.includes(op)) continue;
      const what = `operation ${i} is ${JSON.stringify(op)}; say it by ${OPERATIONS.join(", ")}`;
      throw new DeltawireError("malformed", what, { path: `/operations/${i}/op` });
    }
    ensure(this.#target, { id: this.#part, kind: "json", value: null });
    return this.#patch(operations.map((operation) => wellFormed(operation) as JsonOperation));
  }

  #patch(operations: readonly JsonOperation[]): this {
    if (operations.length === 0) return this;
    this.#target.change({ type: "json_patch", part: this.#part, operations });
    return this;
  }
}

/** A copy with U+FFFD in place of lone surrogates; what is not JSON is left to the check. */
function wellFormed(value: unknown): unknown {
  if (typeof value === "string") return toWellFormed(value);
  if (Array.isArray(value)) return value.map(wellFormed);
  if (typeof value !== "object" || value === null) return value;
  const copy: [string, unknown][] = [];
  for (const [key, item] of Object.entries(value)) {
    if (item !== undefined) copy.push([toWellFormed(key), wellFormed(item)]);
  }
  return Object.fromEntries(copy);
}

/** Refuses a value that would not fit a frame: unlike text, it travels in one. */
function bounded(value: JsonValue): JsonValue {
  if (JsonPart.of("", value).size > LIMITS.max_frame_bytes / 4) {
    const what = `a JSON value larger than a quarter of max_frame_bytes (${LIMITS.max_frame_bytes})`;
    throw new DeltawireError("limit_exceeded", what, { path: "/value" });
  }
  return value;
}

/** Writes a bytes part, which grows at the end and may be trimmed at the front. */
export class BytesWriter {
  readonly #target: PartTarget;
  readonly #part: string;

  constructor(target: PartTarget, part: string) {
    this.#target = target;
    this.#part = part;
  }

  /** Adds to the end; the bytes are copied. */
  append(bytes: Uint8Array): this {
    ensure(this.#target, { id: this.#part, kind: "bytes", bytes: new Uint8Array() });
    for (let at = 0; at < bytes.length; at += PIECE) {
      const appended = bytes.slice(at, at + PIECE);
      this.#target.change({ type: "bytes_patch", part: this.#part, trimmed: 0, appended });
    }
    return this;
  }

  /** Drops bytes at the front. @throws DeltawireError `offset_out_of_range` */
  trim(trimmed: number): this {
    const appended = new Uint8Array();
    this.#target.change({ type: "bytes_patch", part: this.#part, trimmed, appended });
    return this;
  }
}
