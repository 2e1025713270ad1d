import {
  type BytesContent,
  type BytesPatch,
  type JsonValue,
  type PartContent,
  type PartDigest,
  unreachable,
} from "@deltawire/spec";
import { Bytes } from "./bytes.js";
import { combineCrc32, crc32 } from "./crc32.js";
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

const NO_BYTES = new Uint8Array(0);

/** What a bytes part is made of. */
type BytesFields = Pick<BytesPart, "content" | "start" | "base" | "stream">;

/** A bytes part of a message: the end of a stream, and perhaps what stands for the rest of it. */
export class BytesPart {
  readonly kind = "bytes";
  readonly id: string;
  readonly content: Bytes;
  /** Bytes of the stream that came before {@link bytes}. */
  readonly start: number;
  /**
   * What stands for them, by a rule of the application's; empty where nothing does. Not to be
   * written to.
   */
  readonly base: Uint8Array;
  /** The same object as long as patches have led here: positions count in one stream. */
  readonly stream: object;

  private constructor(id: string, { content, start, base, stream }: BytesFields) {
    this.id = id;
    this.content = content;
    this.start = start;
    this.base = base;
    this.stream = stream;
  }

  /** The part that a frame states whole; its bytes are copied. */
  static of({ id, bytes, start = 0, base = NO_BYTES }: BytesContent): BytesPart {
    const content = Bytes.of(bytes);
    return new BytesPart(id, { content, start, base: copyOf(base), stream: {} });
  }

  /** The bytes, not copied: not to be written to. */
  get bytes(): Uint8Array {
    return this.content.view();
  }

  /** Where the stream ends: bytes that it ever had. */
  get end(): number {
    return this.start + this.content.length;
  }

  get size(): number {
    return this.base.length + this.content.length;
  }

  /** CRC-32 of the base and the bytes, one behind the other. */
  crc32(): number {
    const crc = this.content.crc32();
    if (this.base.length === 0) return crc;
    return combineCrc32(crc32(this.base), crc, this.content.length);
  }

  /** With the bytes of another part after its own. */
  extended(next: BytesPart): BytesPart {
    return new BytesPart(this.id, { ...this.#fields, content: this.content.append(next.bytes) });
  }

  /** After a patch, whose numbers fit it. */
  patched({ trimmed, appended, base, skipped = 0 }: BytesPatch): BytesPart {
    const before = skipped > 0 ? Bytes.empty : this.content;
    const rest = skipped > 0 ? 0 : trimmed;
    return new BytesPart(this.id, {
      content: before.append(appended).trim(rest),
      start: this.start + trimmed + skipped,
      base: base ? copyOf(base) : this.base,
      stream: this.stream,
    });
  }

  get #fields(): BytesFields {
    const { content, start, base, stream } = this;
    return { content, start, base, stream };
  }
}

/** A copy: what a frame states may be a piece of a much larger memory. */
const copyOf = (bytes: Uint8Array): Uint8Array =>
  bytes.length === 0 ? NO_BYTES : new Uint8Array(bytes);

/** Length and CRC-32 of a part; undefined for one that has no digest. PROTOCOL.md, "Digests". */
export function digestOf(part: Part): Omit<PartDigest, "part"> | undefined {
  if (part.kind === "json") return undefined;
  if (part.kind === "bytes") return { length: part.size, crc32: part.crc32() };
  return { length: part.content.length, crc32: part.content.crc32() };
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
      return BytesPart.of(content);
    default:
      return unreachable(content);
  }
}

/** What a frame states of a bytes part besides its bytes. */
export function headOf({ start, base }: BytesPart): Pick<BytesContent, "start" | "base"> {
  return { ...(start > 0 && { start }), ...(base.length > 0 && { base }) };
}

/** A part, whole, for a frame. */
export function contentOf(part: Part): PartContent {
  switch (part.kind) {
    case "text":
      return { id: part.id, kind: "text", text: [...part.content.pieces()].join("") };
    case "json":
      return { id: part.id, kind: "json", value: part.value };
    case "bytes":
      return { id: part.id, kind: "bytes", bytes: part.bytes, ...headOf(part) };
    default:
      return unreachable(part);
  }
}
