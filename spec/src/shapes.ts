import type * as changes from "./changes.js";
import type * as content from "./content.js";
import type * as control from "./control.js";
import type { Frame } from "./frames.js";
import {
  integer,
  list,
  literal,
  type Members,
  object,
  oneOf,
  optional,
  text,
  union,
} from "./shape.js";

const id = text("max_id_length", 1);
const name = text("max_name_length");
const note = text("max_note_length");
const pointer = text("max_path_length");
const version = integer();
const crc32 = integer(0xffff_ffff);
const json = { is: "json" } as const;
const argument = { is: "json", limit: "max_command_size" } as const;
const attributes = { is: "json object" } as const;
const bytes = { is: "bytes" } as const;
// Open: a newer peer of this version may know more codes.
const code = text("max_name_length", 1);

const part = union<content.PartContent, "kind", "id">(
  "kind",
  {
    text: { text: text() },
    json: { value: json },
    bytes: { bytes, start: optional(version), base: optional(bytes) },
  },
  { id },
);

const error = object<content.MessageError>({ code: name, message: optional(note) });
const closed = object<content.Closure>({ reason: optional(note), error: optional(error) });
const final = oneOf("completed", "failed", "cancelled");

const message = {
  id,
  generation: version,
  role: name,
  kind: optional(name),
  attributes: optional(attributes),
  origin: optional(id),
  parts: list(part, "max_parts"),
} as const;

const snapshot = object<content.MessageSnapshot>({
  ...message,
  status: oneOf("streaming", "interrupted", "completed", "failed", "cancelled"),
  error: optional(error),
});

const splice = { changed_offset: version, removed: version, text: text() };

const operation = union<changes.JsonOperation, "op">(
  "op",
  {
    add: { path: pointer, value: json },
    replace: { path: pointer, value: json },
    remove: { path: pointer },
    splice: { path: pointer, ...splice },
  },
  {},
);
const operations = list(operation);

const partChange = union<changes.PartChange, "type">(
  "type",
  {
    part_inserted: {
      content: part,
      before: optional(id),
    },
    part_removed: { part: id },
    text_splice: {
      part: id,
      splices: list(object<changes.Splice>(splice)),
    },
    json_patch: { part: id, operations },
    bytes_patch: {
      part: id,
      trimmed: version,
      appended: bytes,
      base: optional(bytes),
      skipped: optional(version),
    },
  },
  {},
);

const digest = object<changes.PartDigest>({ part: id, length: version, crc32 });

const change = union<changes.Change, "type">(
  "type",
  {
    message_added: {
      ...message,
      status: optional(final),
      error: optional(error),
    },
    message_patch: {
      id,
      parts: optional(list(partChange)),
      attributes: optional(operations),
      status: optional(oneOf("streaming", "interrupted")),
      origin: optional(id),
    },
    message_completed: {
      id,
      status: final,
      error: optional(error),
      digests: list(digest, "max_parts"),
    },
    message_removed: { id },
    channel_patch: {
      attributes: operations,
    },
    channel_closed: {
      reason: optional(note),
      error: optional(error),
    },
  },
  {},
);

const refused = list(object<control.Refusal>({ message: id, code, count: version }));

/** Frames that only clients send. */
type UpwardFrame =
  | control.HelloFrame
  | control.AuthenticateFrame
  | control.SubscribeFrame
  | control.UnsubscribeFrame
  | control.HistoryFrame
  | control.ProduceFrame;

// Of JSON, so far: what a filter is made of is looked at by `parseFrame`, which pages do without.
const filter = { is: "filter", limit: "max_filter_size" } as const;

/** The fields of each of these besides its type. A function, so that pages load nothing of it. */
export const upward = (): Members<UpwardFrame, "type"> => ({
  hello: {
    version: literal(1),
    token: optional(note),
    client: optional(name),
    capabilities: optional(list(name)),
  },
  authenticate: {
    token: note,
  },
  subscribe: {
    channel: id,
    request: version,
    epoch: optional(id),
    seq: optional(version),
    last: optional(version),
    filter: optional(filter),
  },
  unsubscribe: { channel: id },
  history: {
    channel: id,
    request: version,
    before: id,
    last: version,
    filter: optional(filter),
  },
  produce: {
    channel: id,
    producer: id,
    instance: optional(id),
    token: optional(version),
    seq: optional(version),
    commands: optional(literal(true)),
  },
});

/** The fields of every other frame. */
export const DOWNWARD: Members<Exclude<Frame, UpwardFrame>, "type"> = {
  welcome: {
    version: literal(1),
    durability: oneOf("memory", "disk", "shared"),
    heartbeat: optional(version),
    expires_in: optional(version),
    server: optional(name),
    capabilities: optional(list(name)),
  },
  authenticated: {
    expires_in: optional(version),
  },
  subscribed: {
    channel: id,
    request: version,
    epoch: id,
    seq: version,
    answer: oneOf("current", "changes", "snapshot"),
  },
  snapshot: {
    channel: id,
    request: version,
    epoch: id,
    seq: version,
    more: optional(literal(true)),
    attributes: optional(attributes),
    closed: optional(closed),
    earlier: optional(version),
    messages: list(snapshot, "max_messages"),
  },
  history_page: {
    channel: id,
    request: version,
    epoch: id,
    seq: version,
    earlier: optional(version),
    messages: list(snapshot, "max_messages"),
  },
  producing: {
    channel: id,
    producer: id,
    epoch: id,
    seq: version,
    token: version,
    lease: optional(version),
    refused: optional(refused),
  },
  changes: {
    channel: id,
    from: version,
    to: version,
    request: optional(version),
    changes: list(change),
  },
  ack: {
    channel: id,
    seq: version,
    refused: optional(refused),
  },
  command: {
    channel: id,
    id,
    name: code,
    value: optional(argument),
    message: optional(id),
    timeout: optional(version),
    by: optional(id),
  },
  command_result: {
    channel: id,
    id,
    status: oneOf("accepted", "done", "failed"),
    value: optional(argument),
    error: optional(error),
    by: optional(id),
  },
  checkpoint: {
    channel: id,
    seq: version,
    message: id,
    part: id,
    length: version,
    crc32,
  },
  ping: { id: optional(version) },
  pong: { id: optional(version) },
  error: {
    code,
    message: note,
    channel: optional(id),
    request: optional(version),
    path: optional(pointer),
  },
  goodbye: {
    reason: note,
    retry_after: optional(version),
  },
};
