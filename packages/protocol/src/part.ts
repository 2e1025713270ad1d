import type { JsonValue, PartContent } from "@deltawire/spec";
import { unreachable } from "@deltawire/spec";
import { Bytes } from "./bytes.js";
import { sizeOf } from "./size.js";
import { Text } from "./text.js";

/** A text part of a message. */
export class TextPart {
  readonly kind = "text";
  readonly id: string;
  readonly content: Text;

  constructor(id: string, content: Text) {
    this.id = id;
    this.content = content;
  }

  /** The whole text. Costs O(length) once; reading again after an append is cheap. */
  get text(): string {
    return this.content.toString();
  }

  get size(): number {
    return this.content.length;
  }

  /** With the text of another part after its own. */
  extended(next: TextPart): TextPart {
    return new TextPart(this.id, this.content.append(next.text));
  }
}

/** A JSON part of a message; unchanged subtrees of `value` keep their identity. */
export class JsonPart {
  readonly kind = "json";
  readonly id: string;
  readonly value: JsonValue;
  readonly size: number;

  /** The part with a value, measured. */
  static of(id: string, value: JsonValue): JsonPart {
    return new JsonPart(id, value, sizeOf(value));
  }

  constructor(id: string, value: JsonValue, size: number) {
    this.id = id;
    this.value = value;
    this.size = size;
  }
}

/** A bytes part of a message. */
export class BytesPart {
  readonly kind = "bytes";
  readonly id: string;
  readonly content: Bytes;

  constructor(id: string, content: Bytes) {
    this.id = id;
    this.content = content;
  }

  /** The bytes, not copied: not to be written to. */
  get bytes(): Uint8Array {
    return this.content.view();
  }

  get size(): number {
    return this.content.length;
  }

  /** With the bytes of another part after its own. */
  extended(next: BytesPart): BytesPart {
    return new BytesPart(this.id, this.content.append(next.bytes));
  }
}

/** One piece of content of a message. */
export type Part = TextPart | JsonPart | BytesPart;

/** The part that a frame states whole. */
export function partOf(content: PartContent): Part {
  switch (content.kind) {
    case "text":
      return new TextPart(content.id, Text.of(content.text));
    case "json":
      return JsonPart.of(content.id, content.value);
    case "bytes":
      return new BytesPart(content.id, Bytes.of(content.bytes));
    default:
      return unreachable(content);
  }
}

/** A part, whole, for a frame. */
export function contentOf(part: Part): PartContent {
  switch (part.kind) {
    case "text":
      return { id: part.id, kind: "text", text: [...part.content.pieces()].join("") };
    case "json":
      return { id: part.id, kind: "json", value: part.value };
    case "bytes":
      return { id: part.id, kind: "bytes", bytes: part.bytes };
    default:
      return unreachable(part);
  }
}
