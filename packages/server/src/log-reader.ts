import { ChannelEngine } from "./engine/channel-engine.js";
import type { Entry, MessageReference, StatedChannel } from "./engine/entry.js";
import type { LeaseTimes } from "./engine/leases.js";
import { type DecodedRecord, decodeRecord, decodeSnapshot } from "./engine/record.js";
import type { LogContents, LogRecord } from "./log.js";

/** Puts what the store has in the place of what refers to it. */
export type Resolve = (channel: StatedChannel) => Promise<StatedChannel>;

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
    if (!record.entries.some(refers)) return record;
    const entries: Entry[] = [];
    for (const entry of record.entries) {
      const isBegun = entry.type === "begun";
      entries.push(isBegun ? { ...entry, channel: await this.#resolve(entry.channel) } : entry);
    }
    return { ...record, entries };
  }

  /** The channel that a log's contents state. */
  async rebuild({ snapshot, records }: LogContents): Promise<Rebuilt> {
    let engine = this.empty();
    const size = { snapshot: 0, records: 0 };
    if (snapshot) {
      const stated = decodeSnapshot(snapshot.data, this.#channel);
      const channel = hasReferences(stated.channel)
        ? await this.#resolve(stated.channel)
        : stated.channel;
      engine = ChannelEngine.restore(this.#channel, { ...stated, channel }, this.#times);
      size.snapshot = snapshot.data.length;
    }
    for (const record of records) {
      const isBefore = snapshot !== undefined && record.index <= snapshot.index;
      const decoded = isBefore
        ? decodeRecord(record.data, this.#channel)
        : await this.decode(record);
      engine.now = decoded.at;
      if (isBefore) engine.recall(decoded.seq, decoded.entries);
      else {
        for (const entry of decoded.entries) engine.take(entry);
        size.records += record.data.length;
      }
    }
    engine.drain(); // it is known to nobody yet
    return { engine, size };
  }
}

const hasReferences = ({ messages }: StatedChannel): boolean =>
  messages.some((message): message is MessageReference => "stored" in message);

const refers = (entry: Entry): boolean => entry.type === "begun" && hasReferences(entry.channel);
