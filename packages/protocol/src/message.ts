import type {
  FinalStatus,
  JsonObject,
  MessageAdded,
  MessageCompleted,
  MessageContent,
  MessageError,
  MessageSnapshot,
  MessageStatus,
  PartDigest,
} from "@deltawire/spec";
import { contentOf, digestOf, type Part, partOf } from "./part.js";
import { sizeOf } from "./size.js";

const NO_ATTRIBUTES: JsonObject = Object.freeze({});

/** What a message is made of. */
type Fields = Pick<
  Message,
  "id" | "generation" | "role" | "kind" | "origin" | "attributes" | "status" | "error" | "parts"
>;

/** One unit of a channel: immutable, and sharing with its earlier versions what did not change. */
export class Message {
  /** The id of the part that `text` reads, and that a writer appends to by default. */
  static readonly defaultPart = "text";

  readonly id: string;
  /** Counts how often a message of this id was begun; 0 at first. */
  readonly generation: number;
  readonly role: string;
  readonly kind: string | undefined;
  /** The producer that wrote it. */
  readonly origin: string | undefined;
  readonly attributes: JsonObject;
  readonly status: MessageStatus;
  readonly error: MessageError | undefined;
  readonly parts: readonly Part[];
  /** Size of parts and attributes, by the size rule of PROTOCOL.md, "Limits". */
  readonly size: number;
  readonly #index: ReadonlyMap<string, number>;

  /** @param update what differs from the fields; by name, and none of them is undefined */
  private constructor(
    fields: Fields,
    {
      origin = fields.origin,
      attributes = fields.attributes,
      status = fields.status,
      parts = fields.parts,
    }: Partial<Fields>,
    size: number,
    index?: ReadonlyMap<string, number>,
  ) {
    this.id = fields.id;
    this.generation = fields.generation;
    this.role = fields.role;
    this.kind = fields.kind;
    this.origin = origin;
    this.attributes = attributes;
    this.status = status;
    this.error = fields.error;
    this.parts = parts;
    this.size = size;
    this.#index = index ?? new Map(parts.map((part, i) => [part.id, i]));
  }

  /** The message that a frame states whole; open, where it states no status. */
  static of(content: MessageContent | MessageAdded | MessageSnapshot): Message {
    const parts = content.parts.map(partOf);
    const attributes = content.attributes ?? NO_ATTRIBUTES;
    const size = parts.reduce((sum, part) => sum + part.size, sizeOf(attributes));
    const { id, generation, role, kind, origin } = content;
    const status = ("status" in content ? content.status : undefined) ?? "streaming";
    const error = "error" in content ? content.error : undefined;
    return new Message(
      { id, generation, role, kind, origin, attributes, status, error, parts },
      {},
      size,
    );
  }

  /** The text of the default part, `""` where there is none. */
  get text(): string {
    const part = this.part(Message.defaultPart);
    return part?.kind === "text" ? part.text : "";
  }

  /** Whether its generation has ended. */
  get isFinal(): boolean {
    return this.status !== "streaming" && this.status !== "interrupted";
  }

  part(id: string): Part | undefined {
    const at = this.#index.get(id);
    return at === undefined ? undefined : this.parts[at];
  }

  indexOf(part: string): number | undefined {
    return this.#index.get(part);
  }

  /** With another part of the same id in place of the one it has. */
  withPart(part: Part): Message {
    const at = this.#index.get(part.id) as number; // only called for a part that is there
    const old = this.parts[at] as Part;
    const parts = this.parts.slice();
    parts[at] = part;
    return new Message(this, { parts }, this.size + part.size - old.size, this.#index);
  }

  withParts(parts: readonly Part[]): Message {
    const sum = (list: readonly Part[]) => list.reduce((size, part) => size + part.size, 0);
    return new Message(this, { parts }, this.size + sum(parts) - sum(this.parts));
  }

  withAttributes(attributes: JsonObject, size: number): Message {
    return new Message(this, { attributes }, size, this.#index);
  }

  withStatus(status: MessageStatus, error?: MessageError): Message {
    return new Message({ ...this, error }, { status }, this.size, this.#index);
  }

  withOrigin(origin: string): Message {
    return new Message(this, { origin }, this.size, this.#index);
  }

  /** What `message_added` states of it while it is open. */
  content(): MessageContent {
    const { status: _status, error: _error, ...content } = this.snapshot();
    return content;
  }

  /** The `message_added` that states it as it is, but for being interrupted. */
  addition(): MessageAdded {
    const { error } = this;
    const ended = this.isFinal && { status: this.#finalStatus, ...(error && { error }) };
    return { type: "message_added", ...this.content(), ...ended };
  }

  /** What a snapshot states of it. */
  snapshot(): MessageSnapshot {
    return { ...this.head(), parts: this.parts.map(contentOf) };
  }

  /** What a snapshot states of it, but for its parts. */
  head(): Omit<MessageSnapshot, "parts"> {
    const { id, generation, role, kind, origin, attributes, status, error } = this;
    return {
      id,
      generation,
      role,
      ...(kind !== undefined && { kind }),
      ...(Object.keys(attributes).length > 0 && { attributes }),
      ...(origin !== undefined && { origin }),
      status,
      ...(error !== undefined && { error }),
    };
  }

  /** The `message_completed` of a message that is final. */
  completion(): MessageCompleted {
    const { id, error } = this;
    const status = this.#finalStatus;
    const digests = this.digests();
    return { type: "message_completed", id, status, ...(error && { error }), digests };
  }

  get #finalStatus(): FinalStatus {
    const { status } = this;
    return status === "failed" || status === "cancelled" ? status : "completed";
  }

  /** Length and CRC-32 of each text and bytes part. */
  digests(): PartDigest[] {
    const digests: PartDigest[] = [];
    for (const part of this.parts) {
      const digest = digestOf(part);
      if (digest) digests.push({ part: part.id, ...digest });
    }
    return digests;
  }
}
