/** A JSON value (RFC 8259): numbers are finite, strings well-formed Unicode. */
export type JsonValue = null | boolean | number | string | readonly JsonValue[] | JsonObject;

/** A JSON object; the keys of PROTOCOL.md's "Forbidden keys" are refused. */
export interface JsonObject {
  readonly [key: string]: JsonValue;
}

/** A text part, whole. */
export interface TextContent {
  readonly id: string;
  readonly kind: "text";
  readonly text: string;
}

/** A JSON part, whole. */
export interface JsonContent {
  readonly id: string;
  readonly kind: "json";
  readonly value: JsonValue;
}

/** A bytes part, whole; its bytes are base64 (RFC 4648, section 4) in the JSON codec. */
export interface BytesContent {
  readonly id: string;
  readonly kind: "bytes";
  readonly bytes: Uint8Array;
  /** Bytes of the part's whole stream that came before `bytes`. Absent: 0. */
  readonly start?: number;
  /** What stands for them, by a rule of the application's. Absent: none. */
  readonly base?: Uint8Array;
}

/** One part of a message, whole. */
export type PartContent = TextContent | JsonContent | BytesContent;

/** What went wrong with a message that `failed`, or with a channel. */
export interface MessageError {
  readonly code: string;
  readonly message?: string;
}

/** The statuses after which a message does not change again in its generation. */
export type FinalStatus = "completed" | "failed" | "cancelled";

/** The statuses in which a message may still change. */
export type OpenStatus = "streaming" | "interrupted";

/** The status of a message. */
export type MessageStatus = OpenStatus | FinalStatus;

/** What `message_added` states of a message. */
export interface MessageContent {
  readonly id: string;
  /** Counts how often a message of this id was begun; 0 at first. */
  readonly generation: number;
  readonly role: string;
  readonly kind?: string;
  readonly attributes?: JsonObject;
  /** The producer that wrote it; set by the server. */
  readonly origin?: string;
  readonly parts: readonly PartContent[];
}

/** A message in a snapshot. */
export interface MessageSnapshot extends MessageContent {
  readonly status: MessageStatus;
  readonly error?: MessageError;
}

/** The end of a channel. */
export interface Closure {
  readonly reason?: string;
  /** What went wrong, where the channel has failed. */
  readonly error?: MessageError;
}
