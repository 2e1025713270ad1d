import type * as changes from "./changes.js";
import type * as content from "./content.js";
import type * as control from "./control.js";
import type { ChangesFrame, FrameType, HistoryPageFrame, SnapshotFrame } from "./frames.js";
import {
  integer,
  list,
  literal,
  object,
  oneOf,
  optional,
  type Shape,
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

const part = union("kind", {
  text: object<content.TextContent>({ id, kind: literal("text"), text: text() }),
  json: object<content.JsonContent>({ id, kind: literal("json"), value: json }),
  bytes: object<content.BytesContent>({
    id,
    kind: literal("bytes"),
    bytes,
    start: optional(version),
    base: optional(bytes),
  }),
});

const error = object<content.MessageError>({ code: name, message: optional(note) });
const closed = object<content.Closure>({ reason: optional(note), error: optional(error) });
const final = oneOf(["completed", "failed", "cancelled"]);

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
  status: oneOf(["streaming", "interrupted", "completed", "failed", "cancelled"]),
  error: optional(error),
});

type Operation<Op> = changes.JsonOperation & { readonly op: Op };

const splice = { changed_offset: version, removed: version, text: text() };

const operation = union("op", {
  add: object<Operation<"add">>({ op: literal("add"), path: pointer, value: json }),
  replace: object<Operation<"replace">>({ op: literal("replace"), path: pointer, value: json }),
  remove: object<Operation<"remove">>({ op: literal("remove"), path: pointer }),
  splice: object<Operation<"splice">>({ op: literal("splice"), path: pointer, ...splice }),
});
const operations = list(operation);

const partChange = union("type", {
  part_inserted: object<changes.PartInserted>({
    type: literal("part_inserted"),
    content: part,
    before: optional(id),
  }),
  part_removed: object<changes.PartRemoved>({ type: literal("part_removed"), part: id }),
  text_splice: object<changes.TextSplice>({
    type: literal("text_splice"),
    part: id,
    splices: list(object<changes.Splice>(splice)),
  }),
  json_patch: object<changes.JsonPatch>({ type: literal("json_patch"), part: id, operations }),
  bytes_patch: object<changes.BytesPatch>({
    type: literal("bytes_patch"),
    part: id,
    trimmed: version,
    appended: bytes,
    base: optional(bytes),
    skipped: optional(version),
  }),
});

const digest = object<changes.PartDigest>({ part: id, length: version, crc32 });

const change = union("type", {
  message_added: object<changes.MessageAdded>({
    type: literal("message_added"),
    ...message,
    status: optional(final),
    error: optional(error),
  }),
  message_patch: object<changes.MessagePatch>({
    type: literal("message_patch"),
    id,
    parts: optional(list(partChange)),
    attributes: optional(operations),
    status: optional(oneOf(["streaming", "interrupted"])),
    origin: optional(id),
  }),
  message_completed: object<changes.MessageCompleted>({
    type: literal("message_completed"),
    id,
    status: final,
    error: optional(error),
    digests: list(digest, "max_parts"),
  }),
  message_removed: object<changes.MessageRemoved>({ type: literal("message_removed"), id }),
  channel_patch: object<changes.ChannelPatch>({
    type: literal("channel_patch"),
    attributes: operations,
  }),
  channel_closed: object<changes.ChannelClosed>({
    type: literal("channel_closed"),
    reason: optional(note),
    error: optional(error),
  }),
});

const refused = list(object<control.Refusal>({ message: id, code, count: version }));

/** The shape of every frame, by its `type`. */
export const FRAME_SHAPES: Readonly<Record<FrameType, Shape>> = {
  hello: object<control.HelloFrame>({
    type: literal("hello"),
    version: literal(1),
    token: optional(note),
    client: optional(name),
    capabilities: optional(list(name)),
  }),
  welcome: object<control.WelcomeFrame>({
    type: literal("welcome"),
    version: literal(1),
    durability: oneOf(["memory", "disk", "shared"]),
    heartbeat: optional(version),
    expires_in: optional(version),
    server: optional(name),
    capabilities: optional(list(name)),
  }),
  authenticate: object<control.AuthenticateFrame>({
    type: literal("authenticate"),
    token: note,
  }),
  authenticated: object<control.AuthenticatedFrame>({
    type: literal("authenticated"),
    expires_in: optional(version),
  }),
  subscribe: object<control.SubscribeFrame>({
    type: literal("subscribe"),
    channel: id,
    request: version,
    epoch: optional(id),
    seq: optional(version),
    last: optional(version),
    filter: optional({ is: "filter" }),
  }),
  subscribed: object<control.SubscribedFrame>({
    type: literal("subscribed"),
    channel: id,
    request: version,
    epoch: id,
    seq: version,
    answer: oneOf(["current", "changes", "snapshot"]),
  }),
  unsubscribe: object<control.UnsubscribeFrame>({ type: literal("unsubscribe"), channel: id }),
  snapshot: object<SnapshotFrame>({
    type: literal("snapshot"),
    channel: id,
    request: version,
    epoch: id,
    seq: version,
    more: optional(literal(true)),
    attributes: optional(attributes),
    closed: optional(closed),
    earlier: optional(version),
    messages: list(snapshot, "max_messages"),
  }),
  history: object<control.HistoryFrame>({
    type: literal("history"),
    channel: id,
    request: version,
    before: id,
    last: version,
    filter: optional({ is: "filter" }),
  }),
  history_page: object<HistoryPageFrame>({
    type: literal("history_page"),
    channel: id,
    request: version,
    epoch: id,
    seq: version,
    earlier: optional(version),
    messages: list(snapshot, "max_messages"),
  }),
  produce: object<control.ProduceFrame>({
    type: literal("produce"),
    channel: id,
    producer: id,
    instance: optional(id),
    token: optional(version),
    seq: optional(version),
    commands: optional(literal(true)),
  }),
  producing: object<control.ProducingFrame>({
    type: literal("producing"),
    channel: id,
    producer: id,
    epoch: id,
    seq: version,
    token: version,
    lease: optional(version),
    refused: optional(refused),
  }),
  changes: object<ChangesFrame>({
    type: literal("changes"),
    channel: id,
    from: version,
    to: version,
    request: optional(version),
    changes: list(change),
  }),
  ack: object<control.AckFrame>({
    type: literal("ack"),
    channel: id,
    seq: version,
    refused: optional(refused),
  }),
  command: object<control.CommandFrame>({
    type: literal("command"),
    channel: id,
    id,
    name: code,
    value: optional(argument),
    message: optional(id),
    timeout: optional(version),
    by: optional(id),
  }),
  command_result: object<control.CommandResultFrame>({
    type: literal("command_result"),
    channel: id,
    id,
    status: oneOf(["accepted", "done", "failed"]),
    value: optional(argument),
    error: optional(error),
    by: optional(id),
  }),
  checkpoint: object<control.CheckpointFrame>({
    type: literal("checkpoint"),
    channel: id,
    seq: version,
    message: id,
    part: id,
    length: version,
    crc32,
  }),
  ping: object<control.PingFrame>({ type: literal("ping"), id: optional(version) }),
  pong: object<control.PongFrame>({ type: literal("pong"), id: optional(version) }),
  error: object<control.ErrorFrame>({
    type: literal("error"),
    code,
    message: note,
    channel: optional(id),
    request: optional(version),
    path: optional(pointer),
  }),
  goodbye: object<control.GoodbyeFrame>({
    type: literal("goodbye"),
    reason: note,
    retry_after: optional(version),
  }),
};
