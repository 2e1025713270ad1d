import { MessagePack } from "@deltawire/protocol";
import { LOG_START, type LogPosition, type LogRecord } from "@deltawire/server";
import { entriesIn } from "./entries.js";
import type { LevelDatabase } from "./format.js";
import { indexOf, recordKey, recordRange, snapshotPlaceKey } from "./key.js";

const TAG_LENGTH_BYTES = 2;

/** Where a channel's snapshot stands, and the records that are kept with it. */
interface SnapshotPlace extends LogPosition {
  /** The index of the first record that is kept; one more than the snapshot's: none before it. */
  readonly first: number;
}

/** What is known of a channel's log. */
export interface LogChannel {
  /** The index of the first record that is there; one more than `end`: there is none. */
  readonly first: number;
  /** Where the latest snapshot stands. */
  readonly snapshot?: LogPosition;
  /** The last record's place, or the snapshot's where there is none after it. */
  readonly end: LogPosition;
}

/** Records that follow one another, and those that do not lead on from them. */
export interface Run {
  /** The index of the first record of the run; one more than `last` for none. */
  readonly first: number;
  readonly last: number;
  /** Indexes of records that are of no use. */
  readonly stray: readonly number[];
}

/**
 * Finds what holds together, of the records that there are: after a power failure a part that was
 * not synced may lack what was written before a part that is there.
 *
 * @param indexes of the records, sorted
 * @param snapshot the index that the snapshot is of; 0 for none
 */
export function runOf(indexes: readonly number[], snapshot: number): Run {
  let first = snapshot + 1;
  let last = snapshot;
  let run: number[] = [];
  const stray: number[] = [];
  for (const index of indexes) {
    const goesOn = run.length > 0 && index === (run.at(-1) ?? 0) + 1;
    if (goesOn || (run.length === 0 && index <= snapshot + 1)) run.push(index);
    else if (index <= snapshot + 1) {
      stray.push(...run);
      run = [index];
    } else stray.push(index);
  }
  if ((run.at(-1) ?? 0) < snapshot) stray.push(...run);
  else {
    first = run[0] ?? first;
    last = run.at(-1) ?? last;
  }
  return { first, last, stray };
}

/** Reads where a channel's log begins and ends, and names the records that are of no use. */
export async function loadLogChannel(
  database: LevelDatabase,
  channel: string,
): Promise<{ readonly channel: LogChannel; readonly stray: readonly number[] }> {
  const placed = await database.get(snapshotPlaceKey(channel));
  const snapshot = placed === undefined ? undefined : decodePlace(placed);
  const indexes: number[] = [];
  for await (const key of database.keys(recordRange(channel, snapshot?.first ?? 1))) {
    indexes.push(indexOf(key));
  }
  const at = snapshot && { index: snapshot.index, tag: snapshot.tag };
  const { first, last, stray } = runOf(indexes, at?.index ?? 0);
  let end: LogPosition = at ?? LOG_START;
  if (last > end.index) {
    const value = await database.get(recordKey(channel, last));
    if (value === undefined) throw new Error(`record ${last} of ${channel} is gone`);
    end = { index: last, tag: decodeRecord(last, value).tag };
  }
  return { channel: { first, end, ...(at && { snapshot: at }) }, stray };
}

/** Reads the records from an index on. */
export async function readRecords(
  database: LevelDatabase,
  channel: string,
  from: number,
): Promise<LogRecord[]> {
  const records: LogRecord[] = [];
  for await (const [key, value] of entriesIn(database, recordRange(channel, from))) {
    records.push(decodeRecord(indexOf(key), value));
  }
  return records;
}

/** A record's value: the length of the tag, the tag, the data. */
export function encodeRecord({ tag, data }: LogRecord): Uint8Array {
  const name = Buffer.from(tag, "utf8");
  const value = Buffer.allocUnsafe(TAG_LENGTH_BYTES + name.length + data.length);
  const at = value.writeUInt16BE(name.length);
  value.set(name, at);
  value.set(data, at + name.length);
  return value;
}

/** A record, as {@link encodeRecord} made it. */
export function decodeRecord(index: number, value: Uint8Array): LogRecord {
  const { buffer, byteOffset, byteLength } = value;
  const bytes = Buffer.from(buffer, byteOffset, byteLength);
  const end = TAG_LENGTH_BYTES + bytes.readUInt16BE();
  const data = new Uint8Array(buffer, byteOffset + end, byteLength - end);
  return { index, tag: bytes.toString("utf8", TAG_LENGTH_BYTES, end), data };
}

/** The value that says where a snapshot stands. */
export const encodePlace = ({ index, tag, first }: SnapshotPlace): Uint8Array =>
  MessagePack.pack([index, tag, first]);

function decodePlace(value: Uint8Array): SnapshotPlace {
  const [index, tag, first] = MessagePack.unpack(value) as [number, string, number]; // as encodePlace wrote it
  return { index, tag, first };
}
