import { ChannelEngine } from "./engine/channel-engine.js";
import type { Entry, MessageReference, StatedChannel } from "./engine/entry.js";
import type { LeaseTimes } from "./engine/leases.js";
import { type DecodedRecord, decodeRecord, decodeSnapshot } from "./engine/record.js";
import type { LogContents, LogRecord } from "./log.js";

/**
 * Puts what the store has in the place of what refers to it.
 *
 * @param removed messages that the log goes on to remove: the store need not have them any more
 */
export type Resolve = (
  channel: StatedChannel,
  removed: ReadonlySet<string>,
) => Promise<StatedChannel>;

/** What a log's contents come to. */
interface Rebuilt {
  readonly engine: ChannelEngine;
  /** Bytes that the log holds, for those who make it shorter. */
  readonly size: { readonly snapshot: number; readonly records: number };
}

/** Reads what servers have put into a channel's log. */
export class LogReader {
  readonly #channel: string;
  readonly #times: LeaseTimes;
  readonly #resolve: Resolve;

  constructor(channel: string, times: LeaseTimes, resolve: Resolve) {
    this.#channel = channel;
    this.#times = times;
    this.#resolve = resolve;
  }

  /** The channel before its first record. */
  empty(): ChannelEngine {
    return new ChannelEngine(this.#channel, "", this.#times);
  }

  /** A record, with nothing in it that refers to the store. */
  async decode({ data }: LogRecord): Promise<DecodedRecord> {
    const record = decodeRecord(data, this.#channel);
    return this.#whole(record, removedBy([record]));
  }

  async #whole(record: DecodedRecord, removed: ReadonlySet<string>): Promise<DecodedRecord> {
    if (!record.entries.some(refers)) return record;
    const entries: Entry[] = [];
    for (const entry of record.entries) {
      if (entry.type !== "begun") entries.push(entry);
      else entries.push({ ...entry, channel: await this.#resolve(entry.channel, removed) });
    }
    return { ...record, entries };
  }

  /** The channel that a log's contents state. */
  async rebuild({ snapshot, records }: LogContents): Promise<Rebuilt> {
    let engine = this.empty();
    const size = { snapshot: 0, records: 0 };
    const decoded = records.map(({ data }) => decodeRecord(data, this.#channel));
    const removed = removedBy(decoded);
    if (snapshot) {
      const stated = decodeSnapshot(snapshot.data, this.#channel);
      const channel = hasReferences(stated.channel)
        ? await this.#resolve(stated.channel, removed)
        : stated.channel;
      engine = ChannelEngine.restore(this.#channel, { ...stated, channel }, this.#times);
      size.snapshot = snapshot.data.length;
    }
    for (const [i, { index, data }] of records.entries()) {
      const record = decoded[i] as DecodedRecord; // one for each
      engine.now = record.at;
      if (snapshot !== undefined && index <= snapshot.index) {
        engine.recall(record.seq, record.entries);
        continue;
      }
      for (const entry of (await this.#whole(record, removed)).entries) engine.take(entry);
      size.records += data.length;
    }
    engine.drain(); // it is known to nobody yet
    return { engine, size };
  }
}

const hasReferences = ({ messages }: StatedChannel): boolean =>
  messages.some((message): message is MessageReference => "stored" in message);

const refers = (entry: Entry): boolean => entry.type === "begun" && hasReferences(entry.channel);

/** The messages that records remove. */
function removedBy(records: readonly DecodedRecord[]): ReadonlySet<string> {
  const removed = new Set<string>();
  for (const { entries } of records) {
    for (const entry of entries) {
      for (const change of "changes" in entry ? entry.changes : []) {
        if (change.type === "message_removed") removed.add(change.id);
      }
    }
  }
  return removed;
}
