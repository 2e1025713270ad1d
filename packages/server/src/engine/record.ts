import { MessagePack } from "@deltawire/protocol";
import { DeltawireError } from "@deltawire/spec";
import type { EngineSnapshot, Entry } from "./entry.js";
import { readEntry, storedEntry } from "./record-entry.js";
import { countOf, Fields, listOf, malformed, numberOf } from "./record-fields.js";
import { snapshotOf } from "./record-snapshot.js";

/**
 * The version of what servers store in a log: MessagePack of `[format, readableBy, at, seq, entries]`
 * and of `[format, readableBy, snapshot]`. It counts whatever another server could not make out, or
 * would carry out in another way: an entry's meaning is part of it.
 */
export const FORMAT = 1;

/** The oldest format whose servers can read what this one writes; they leave out what is new. */
const READABLE_BY = 1;

/** What is stored as one record: decisions that hold together. */
export interface DecodedRecord {
  /** Milliseconds of the log's clock. */
  readonly at: number;
  /** The channel's version before it. */
  readonly seq: number;
  readonly entries: readonly Entry[];
}

export function encodeRecord({ at, seq, entries }: DecodedRecord): Uint8Array {
  return MessagePack.pack([FORMAT, READABLE_BY, at, seq, entries.map(storedEntry)]);
}

export function encodeSnapshot(snapshot: EngineSnapshot): Uint8Array {
  return MessagePack.pack([FORMAT, READABLE_BY, snapshot]);
}

/**
 * @throws DeltawireError `unsupported_version` where a newer server has written what this one must
 *   not read; `malformed`, with the place, where no server of this kind has written it
 */
export function decodeRecord(data: Uint8Array, channel: string): DecodedRecord {
  return decode(data, channel, "record", (isNewer, [at, seq, entries]) => ({
    at: numberOf(at, "/2"),
    seq: countOf(seq, "/3"),
    entries: listOf(entries, "/4").flatMap((value, i) => {
      const entry = readEntry(value, `/4/${i}`);
      if (!entry && !isNewer) throw malformed(`/4/${i}/type`, "an entry of this format");
      return entry ?? [];
    }),
  }));
}

/** @throws DeltawireError as {@link decodeRecord} does */
export function decodeSnapshot(data: Uint8Array, channel: string): EngineSnapshot {
  return decode(data, channel, "snapshot", (_, [snapshot]) =>
    snapshotOf(new Fields(snapshot, "/2")),
  );
}

function decode<T>(
  data: Uint8Array,
  channel: string,
  what: string,
  read: (isNewer: boolean, values: readonly unknown[]) => T,
): T {
  try {
    const [format, readableBy, ...values] = listOf(MessagePack.unpack(data), "");
    const isReadable = countOf(readableBy, "/1") <= FORMAT;
    if (isReadable) return read(countOf(format, "/0") > FORMAT, values);
  } catch (error) {
    if (!(error instanceof DeltawireError)) throw error;
    const why = `the log's ${what} of ${channel} is damaged, or no server has written it`;
    throw new DeltawireError("malformed", `${why}: ${error.message}`, {
      channel,
      path: error.path,
    });
  }
  const why = `this server is older than the log's ${what} of ${channel}: update it`;
  throw new DeltawireError("unsupported_version", why, { channel, path: "/1" });
}
