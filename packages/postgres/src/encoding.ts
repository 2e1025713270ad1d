import type {
  Change,
  ChannelSave,
  Closure,
  JsonObject,
  MessageSnapshot,
  StoredChannel,
  StoredMessage,
  StoredPatch,
} from "@deltawire/server";
import { escapeJson, unescapeJson } from "./escape.js";

type Part = MessageSnapshot["parts"][number];
type BytesPart = Extract<Part, { kind: "bytes" }>;
type MessagePatch = Extract<Change, { type: "message_patch" }>;
type MessageAdded = Extract<Change, { type: "message_added" }>;
type PartChange = NonNullable<MessagePatch["parts"]>[number];
type BytesPatch = Extract<PartChange, { type: "bytes_patch" }>;
type PartInserted = Extract<PartChange, { type: "part_inserted" }>;

/** Bytes are base64 (RFC 4648, section 4), as in the JSON codec: `decode(…, 'base64')` reads them. */
type EncodedPart =
  | Exclude<Part, BytesPart>
  | (Omit<BytesPart, "bytes" | "base"> & { bytes: string; base?: string });
type EncodedPartChange =
  | Exclude<PartChange, BytesPatch | PartInserted>
  | (Omit<BytesPatch, "appended" | "base"> & { appended: string; base?: string })
  | (Omit<PartInserted, "content"> & { content: EncodedPart });
type EncodedChange =
  | Exclude<Change, MessagePatch | MessageAdded>
  | (Omit<MessagePatch, "parts"> & { parts?: readonly EncodedPartChange[] })
  | (Omit<MessageAdded, "parts"> & { parts: readonly EncodedPart[] });

/** A row of `messages`, as `row_to_json` writes it. */
interface MessageRow {
  readonly id: string;
  readonly order: number;
  readonly seq: number;
  readonly role: string;
  readonly kind: string | null;
  readonly origin: string | null;
  readonly status: MessageSnapshot["status"];
  readonly generation: number;
  readonly error: MessageSnapshot["error"] | null;
  readonly attributes: JsonObject | null;
  readonly parts: readonly EncodedPart[];
}

interface PatchRow {
  readonly id: string;
  readonly seq: number;
  readonly changes: readonly EncodedChange[];
}

interface ChannelRow {
  readonly epoch: string;
  readonly seq: number;
  readonly attributes: JsonObject;
  readonly closed: Closure | null;
}

/** A row of any table: which, and what `row_to_json` makes of it. */
export type StoredRow = readonly [table: "channel" | "message" | "patch", json: string];

/** What is saved of a channel, as JSON that PostgreSQL takes. */
export interface EncodedSave {
  /** Fields of the channel; without the closing brace. */
  readonly head: string;
  readonly messages: readonly EncodedMessage[];
  /** UTF-16 code units of all of it. */
  readonly size: number;
}

/** What is saved of a message. */
export interface EncodedMessage {
  readonly type: "wholes" | "patches";
  /** Fields; without the closing brace. */
  readonly row: string;
  /** The list of its parts, or of what has changed: the one thing that can be long. */
  readonly content: string;
}

/** A channel's save as JSON that PostgreSQL takes. */
export function encodeSave(save: ChannelSave): EncodedSave {
  const { channel, epoch, seq, attributes, closed, removed } = save;
  const head = open({ channel, epoch, seq, attributes, closed: closed ?? null, removed });
  const messages = save.messages.map(encodeMessage);
  return { head, messages, size: messages.reduce((sum, one) => sum + sizeOf(one), head.length) };
}

/** UTF-16 code units. */
export const sizeOf = ({ row, content }: EncodedMessage): number => row.length + content.length;

function encodeMessage(save: ChannelSave["messages"][number]): EncodedMessage {
  if (save.type === "patch") {
    const { id, since, changes } = save;
    return { type: "patches", row: open({ id, since }), content: json(changes.map(encodeChange)) };
  }
  const { parts, ...message } = save.message;
  const row = open({ ...message, order: save.order });
  return { type: "wholes", row, content: json(parts.map(encodePart)) };
}

const json = (value: object): string => escapeJson(JSON.stringify(value));

/** Of an object, for others to add fields to. */
const open = (value: object): string => json(value).slice(0, -1);

function encodePart(part: Part): EncodedPart {
  if (part.kind !== "bytes") return part;
  const { bytes, base, ...rest } = part;
  return { ...rest, bytes: toBase64(bytes), ...(base && { base: toBase64(base) }) };
}

function decodePart(part: EncodedPart): Part {
  if (part.kind !== "bytes") return part;
  const { bytes, base, ...rest } = part;
  return { ...rest, bytes: fromBase64(bytes), ...baseOf(base) };
}

function encodeChange(change: Change): EncodedChange {
  if (change.type === "message_added") return { ...change, parts: change.parts.map(encodePart) };
  if (change.type !== "message_patch") return change;
  const { parts, ...rest } = change;
  return parts ? { ...rest, parts: parts.map(encodePartChange) } : rest;
}

function decodeChange(change: EncodedChange): Change {
  if (change.type === "message_added") return { ...change, parts: change.parts.map(decodePart) };
  if (change.type !== "message_patch") return change;
  const { parts, ...rest } = change;
  return parts ? { ...rest, parts: parts.map(decodePartChange) } : rest;
}

function encodePartChange(part: PartChange): EncodedPartChange {
  if (part.type === "bytes_patch") {
    const { appended, base, ...rest } = part;
    return { ...rest, appended: toBase64(appended), ...(base && { base: toBase64(base) }) };
  }
  if (part.type === "part_inserted") return { ...part, content: encodePart(part.content) };
  return part;
}

function decodePartChange(part: EncodedPartChange): PartChange {
  if (part.type === "bytes_patch") {
    const { appended, base, ...rest } = part;
    return { ...rest, appended: fromBase64(appended), ...baseOf(base) };
  }
  if (part.type === "part_inserted") return { ...part, content: decodePart(part.content) };
  return part;
}

const toBase64 = (bytes: Uint8Array): string =>
  Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("base64");

/** An empty base is one, too: it takes away the one that was there. */
const baseOf = (base: string | undefined): { readonly base?: Uint8Array } =>
  base === undefined ? {} : { base: fromBase64(base) };

/** A copy: small buffers of Node share one memory. */
const fromBase64 = (text: string): Uint8Array => new Uint8Array(Buffer.from(text, "base64"));

/** What was stored of a channel; undefined without a row of its own. */
export function decodeChannel(rows: readonly StoredRow[]): StoredChannel | undefined {
  const own = rows.find(([table]) => table === "channel");
  if (!own) return undefined;
  const { epoch, seq, attributes, closed } = parsed<ChannelRow>(own[1]);
  return { epoch, seq, attributes, ...(closed && { closed }), messages: decodeMessages(rows) };
}

/** Messages in order, each with its patches in theirs. */
export function decodeMessages(rows: readonly StoredRow[]): readonly StoredMessage[] {
  const patches = new Map<string, StoredPatch[]>();
  for (const [table, text] of rows) {
    if (table !== "patch") continue;
    const { id, seq, changes } = parsed<PatchRow>(text);
    const patch = { seq, changes: changes.map(decodeChange) };
    const earlier = patches.get(id);
    if (earlier) earlier.push(patch);
    else patches.set(id, [patch]);
  }
  return rows
    .filter(([table]) => table === "message")
    .map(([, text]) => decodeMessage(parsed<MessageRow>(text), patches))
    .sort((one, other) => one.order - other.order);
}

function decodeMessage(
  row: MessageRow,
  patches: ReadonlyMap<string, readonly StoredPatch[]>,
): StoredMessage {
  const { id, order, seq, generation, role, kind, origin, attributes, status, error } = row;
  const message: MessageSnapshot = {
    id,
    generation,
    role,
    ...(kind !== null && { kind }),
    ...(attributes && { attributes }),
    ...(origin !== null && { origin }),
    parts: row.parts.map(decodePart),
    status,
    ...(error && { error }),
  };
  const later = patches.get(id) ?? [];
  return { order, seq, message, patches: [...later].sort((one, other) => one.seq - other.seq) };
}

/** The tables' own constraints say what it is: only this package writes them. */
const parsed = <Row>(text: string): Row => JSON.parse(unescapeJson(text)) as Row;
