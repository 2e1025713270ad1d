import type {
  FinalStatus,
  JsonValue,
  MessageContent,
  MessageError,
  OpenStatus,
  PartContent,
} from "./content.js";

/**
 * Replaces `removed` UTF-16 code units at `changed_offset` by `text`. The splices of one change
 * are sorted, disjoint and not adjacent; their offsets count in the text before the change.
 */
export interface Splice {
  readonly changed_offset: number;
  readonly removed: number;
  readonly text: string;
}

/** An operation on a JSON value: three of RFC 6902, and a splice of a string at a pointer. */
export type JsonOperation =
  | { readonly op: "add" | "replace"; readonly path: string; readonly value: JsonValue }
  | { readonly op: "remove"; readonly path: string }
  | ({ readonly op: "splice"; readonly path: string } & Splice);

/** A part comes to be, before the part `before`, or last. */
export interface PartInserted {
  readonly type: "part_inserted";
  readonly content: PartContent;
  readonly before?: string;
}

/** A part is gone. */
export interface PartRemoved {
  readonly type: "part_removed";
  readonly part: string;
}

/** A text part is edited. */
export interface TextSplice {
  readonly type: "text_splice";
  readonly part: string;
  readonly splices: readonly Splice[];
}

/** A JSON part is edited, one operation after the other. */
export interface JsonPatch {
  readonly type: "json_patch";
  readonly part: string;
  readonly operations: readonly JsonOperation[];
}

/** A bytes part grows by `appended`, then loses `trimmed` bytes at its front. */
export interface BytesPatch {
  readonly type: "bytes_patch";
  readonly part: string;
  readonly trimmed: number;
  readonly appended: Uint8Array;
  /** What stands for all bytes that are not there after it; empty for nothing. Absent: as before. */
  readonly base?: Uint8Array;
  /** Bytes of the stream between the old end and `appended`. Above 0 it trims all that was there. */
  readonly skipped?: number;
}

/** What happens to one part of a message. */
export type PartChange = PartInserted | PartRemoved | TextSplice | JsonPatch | BytesPatch;

/** A message begins, or its whole content is stated anew. PROTOCOL.md, "message_added". */
export interface MessageAdded extends MessageContent {
  readonly type: "message_added";
  /** The message is complete as it is stated: it has ended. Absent: it is open. */
  readonly status?: FinalStatus;
  /** What went wrong with it; with a status only. */
  readonly error?: MessageError;
}

/** A message changes. What is absent stays as it is. PROTOCOL.md, "message_patch". */
export interface MessagePatch {
  readonly type: "message_patch";
  readonly id: string;
  readonly parts?: readonly PartChange[];
  readonly attributes?: readonly JsonOperation[];
  readonly status?: OpenStatus;
  /** The producer that has taken the message over; set by the server. */
  readonly origin?: string;
}

/** Length (UTF-16 code units or bytes) and CRC-32 of a part. PROTOCOL.md, "Digests". */
export interface PartDigest {
  readonly part: string;
  readonly length: number;
  readonly crc32: number;
}

/** A message ends, within its generation for good. PROTOCOL.md, "message_completed". */
export interface MessageCompleted {
  readonly type: "message_completed";
  readonly id: string;
  readonly status: FinalStatus;
  readonly error?: MessageError;
  readonly digests: readonly PartDigest[];
}

/** A message is gone. PROTOCOL.md, "message_removed". */
export interface MessageRemoved {
  readonly type: "message_removed";
  readonly id: string;
}

/** The channel's own attributes change. PROTOCOL.md, "channel_patch". */
export interface ChannelPatch {
  readonly type: "channel_patch";
  readonly attributes: readonly JsonOperation[];
}

/** The channel ends; nothing follows. PROTOCOL.md, "channel_closed". */
export interface ChannelClosed {
  readonly type: "channel_closed";
  readonly reason?: string;
  /** What went wrong, where the channel has failed. */
  readonly error?: MessageError;
}

/** What happens to a channel's state. PROTOCOL.md, "Changes". */
export type Change =
  | MessageAdded
  | MessagePatch
  | MessageCompleted
  | MessageRemoved
  | ChannelPatch
  | ChannelClosed;
