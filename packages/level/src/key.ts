// Every key begins with a byte that says what it is of. A channel's name stands with its length
// before it: no name is the beginning of another. Numbers are big-endian, so that keys sort as they do.

/** The spaces that keys are of. */
const SPACE = {
  own: 0x00,
  unfinished: 0x10,
  snapshotPlace: 0x11,
  snapshot: 0x12,
  record: 0x13,
  head: 0x20,
  entry: 0x21,
  message: 0x22,
} as const;

/** After the id in a key of a message: the whole sorts before its patches. */
const WHOLE = 0;
const PATCH = 1;

const INDEX_BYTES = 8;
const ORDER_BYTES = 8;
const LENGTH_BYTES = 2;
const HALF = 2 ** 32;

/** A range of keys: from the first one on, and before the second one. */
export interface KeyRange {
  readonly gte: Uint8Array;
  readonly lt: Uint8Array;
}

const own = (name: string): Uint8Array => Buffer.from(`${String.fromCharCode(SPACE.own)}${name}`);

/** Where the version of this layout stands. */
export const FORMAT_KEY: Uint8Array = own("format");

/** What names the log since the folder was empty. */
export const INCARNATION_KEY: Uint8Array = own("incarnation");

/** What is written so that everything before it is synced. */
export const SYNC_KEY: Uint8Array = own("sync");

/** Names that one key holds, each with its length, after the space's byte; then room. */
function named(space: number, names: readonly string[], room: number): Buffer {
  const encoded = names.map((name) => Buffer.from(name, "utf8"));
  const length = encoded.reduce((sum, name) => sum + LENGTH_BYTES + name.length, 1);
  const key = Buffer.alloc(length + room);
  let at = key.writeUInt8(space);
  for (const name of encoded) {
    at = key.writeUInt16BE(name.length, at);
    at += name.copy(key, at);
  }
  return key;
}

/** All keys that begin so: neither an order nor the length of an id is 255 in each of its bytes. */
function below(start: Buffer): KeyRange {
  return { gte: start, lt: Buffer.concat([start, Buffer.alloc(ORDER_BYTES, 0xff)]) };
}

/** That a channel has unfinished work. */
export const unfinishedKey = (channel: string): Uint8Array => named(SPACE.unfinished, [channel], 0);

/** The keys of all channels that have unfinished work. */
export const UNFINISHED_RANGE: KeyRange = {
  gte: Buffer.of(SPACE.unfinished),
  lt: Buffer.of(SPACE.unfinished + 1),
};

/** The channel that a key of {@link UNFINISHED_RANGE} names. */
export const channelOf = (key: Uint8Array): string =>
  Buffer.from(key.buffer, key.byteOffset, key.byteLength).toString("utf8", 1 + LENGTH_BYTES);

/** Where a channel's snapshot stands in its log. */
export const snapshotPlaceKey = (channel: string): Uint8Array =>
  named(SPACE.snapshotPlace, [channel], 0);

/** A channel's snapshot. */
export const snapshotKey = (channel: string): Uint8Array => named(SPACE.snapshot, [channel], 0);

/** A record of a channel's log. */
export function recordKey(channel: string, index: number): Uint8Array {
  const key = named(SPACE.record, [channel], INDEX_BYTES);
  key.writeUInt32BE(Math.floor(index / HALF), key.length - INDEX_BYTES);
  key.writeUInt32BE(index % HALF, key.length - INDEX_BYTES + 4);
  return key;
}

/** The records of a channel's log from an index on. */
export const recordRange = (channel: string, from: number): KeyRange => ({
  gte: recordKey(channel, from),
  lt: recordKey(channel, Number.MAX_SAFE_INTEGER),
});

/** The index of the record of a key. */
export function indexOf(key: Uint8Array): number {
  const view = new DataView(key.buffer, key.byteOffset + key.byteLength - INDEX_BYTES);
  return view.getUint32(0) * HALF + view.getUint32(4);
}

/** What a store holds of a channel but for its messages. */
export const headKey = (channel: string): Uint8Array => named(SPACE.head, [channel], 0);

/** Where a message stands, by its id. */
export const entryKey = (channel: string, id: string): Uint8Array =>
  named(SPACE.entry, [channel, id], 0);

/** The entries of all messages of a channel. */
export const entryRange = (channel: string): KeyRange => below(named(SPACE.entry, [channel], 0));

/** A number's bytes, which sort as the numbers do: IEEE 754, the sign turned. */
function writeOrder(key: Buffer, order: number, at: number): void {
  key.writeDoubleBE(order === 0 ? 0 : order, at);
  const turned = (key[at] ?? 0) & 0x80 ? 0xff : 0;
  for (let i = 0; i < ORDER_BYTES; i++) key[at + i] = (key[at + i] ?? 0) ^ turned;
  if (turned === 0) key[at] = (key[at] ?? 0) ^ 0x80;
}

function orderedKey(channel: string, order: number, rest: Buffer): Buffer {
  const key = named(SPACE.message, [channel], ORDER_BYTES + rest.length);
  const at = key.length - rest.length;
  writeOrder(key, order, at - ORDER_BYTES);
  rest.copy(key, at);
  return key;
}

/** A message whole: an order's messages by id, each before its patches. */
export const messageKey = (channel: string, order: number, id: string): Uint8Array =>
  orderedKey(channel, order, Buffer.concat([named(0, [id], 0).subarray(1), Buffer.of(WHOLE)]));

/** A patch of a message, by its number since the message was saved whole, from 0. */
export function patchKey(channel: string, order: number, id: string, number: number): Uint8Array {
  const rest = Buffer.concat([named(0, [id], 0).subarray(1), Buffer.of(PATCH, 0, 0, 0, 0)]);
  rest.writeUInt32BE(number, rest.length - 4);
  return orderedKey(channel, order, rest);
}

/** The messages of a channel with their patches, those before an order where one is given. */
export function messageRange(channel: string, before?: number): KeyRange {
  const all = below(named(SPACE.message, [channel], 0));
  return before === undefined
    ? all
    : { gte: all.gte, lt: orderedKey(channel, before, Buffer.alloc(0)) };
}

/** What a key of {@link messageRange} is of: the order, and the patch's number; none: the whole. */
export function messagePlaceOf(key: Uint8Array): { order: number; id: string; patch?: number } {
  const bytes = Buffer.from(key.buffer, key.byteOffset, key.byteLength);
  const at = 1 + LENGTH_BYTES + bytes.readUInt16BE(1);
  const order = Buffer.from(bytes.subarray(at, at + ORDER_BYTES));
  const turned = (order[0] ?? 0) & 0x80 ? 0 : 0xff;
  for (let i = 0; i < ORDER_BYTES; i++) order[i] = (order[i] ?? 0) ^ turned;
  if (turned === 0) order[0] = (order[0] ?? 0) ^ 0x80;
  const idAt = at + ORDER_BYTES + LENGTH_BYTES;
  const idEnd = idAt + bytes.readUInt16BE(idAt - LENGTH_BYTES);
  const place = { order: order.readDoubleBE(0), id: bytes.toString("utf8", idAt, idEnd) };
  return bytes[idEnd] === WHOLE ? place : { ...place, patch: bytes.readUInt32BE(idEnd + 1) };
}
