import type {
  Log,
  LogAnswer,
  LogContents,
  LogLease,
  LogLiving,
  LogNews,
  LogPosition,
  LogRecord,
} from "@deltawire/server";
import type { Database, Write } from "./database.js";
import { recordKey, snapshotKey, snapshotPlaceKey, unfinishedKey } from "./key.js";
import {
  decodeRecord,
  encodePlace,
  encodeRecord,
  type LogChannel,
  loadLogChannel,
  readRecords,
} from "./log-channel.js";
import type { LogRegister } from "./log-register.js";
import { Turns } from "./turns.js";

/** Channels whose place is remembered; that of another one is read again. */
const MAX_REMEMBERED = 10_000;

const NOTHING: Uint8Array = new Uint8Array();

/** What was read of a channel, and when: see {@link Database.life}. */
interface Remembered extends LogChannel {
  readonly life: number;
}

/**
 * A log in a database that this process alone has open.
 *
 * 1. What is asked of one channel is done one after the other, so comparing a place and writing the
 *    record after it are one step.
 * 2. A record and whether the channel has unfinished work are one batch; so are a snapshot and the
 *    records that go for it.
 */
export class LevelLog implements Log {
  readonly durability = "disk";
  readonly #database: Database;
  readonly #register: LogRegister;
  readonly #turns = new Turns();
  readonly #remembered = new Map<string, Remembered>();
  readonly #followers = new Map<string, Set<(news: LogNews) => void>>();

  constructor(database: Database, register: LogRegister) {
    this.#database = database;
    this.#register = register;
  }

  renew(lease: LogLease): Promise<LogLiving> {
    return this.#database.read(async () => this.#register.renew(lease, Date.now()));
  }

  append(
    channel: string,
    after: LogPosition,
    record: LogRecord,
    unfinished: boolean,
  ): Promise<LogAnswer> {
    return this.#turns.run(channel, async () => {
      const held = await this.#channel(channel);
      if (!isAt(held.end, after)) {
        return { type: "conflict", contents: await this.#contents(channel, held, after) };
      }
      const writes: Write[] = [
        { type: "put", key: recordKey(channel, record.index), value: encodeRecord(record) },
      ];
      if (this.#register.isUnfinished(channel) !== unfinished) {
        writes.push(markOf(channel, unfinished));
      }
      await this.#write(channel, writes);
      const { index, tag } = record;
      this.#remember(channel, { ...held, end: { index, tag } });
      this.#register.note(channel, unfinished);
      this.#tell(channel, { type: "record", record, before: after.tag });
      return { type: "appended" };
    });
  }

  read(channel: string, after?: LogPosition): Promise<LogContents> {
    return this.#turns.run(channel, async () =>
      this.#contents(channel, await this.#channel(channel), after),
    );
  }

  compact(channel: string, snapshot: LogRecord, keep: number): Promise<void> {
    return this.#turns.run(channel, async () => {
      const held = await this.#channel(channel);
      const { index, tag, data } = snapshot;
      if (index < (held.snapshot?.index ?? 1)) return;
      if (!(await this.#has(channel, held, snapshot))) return;
      const first = Math.max(held.first, index - keep + 1);
      const place = encodePlace({ index, tag, first });
      await this.#write(channel, [
        { type: "put", key: snapshotPlaceKey(channel), value: place },
        { type: "put", key: snapshotKey(channel), value: data },
        ...deletions(channel, held.first, first - 1),
      ]);
      this.#remember(channel, { ...held, first, snapshot: { index, tag } });
    });
  }

  follow(channel: string, tell: (news: LogNews) => void): () => void {
    const followers = this.#followers.get(channel) ?? new Set();
    this.#followers.set(channel, followers);
    const follower = (news: LogNews): void => tell(news); // the same function may follow twice
    followers.add(follower);
    return () => {
      followers.delete(follower);
      if (followers.size === 0 && this.#followers.get(channel) === followers) {
        this.#followers.delete(channel);
      }
    };
  }

  delete(channel: string): Promise<void> {
    return this.#turns.run(channel, async () => {
      const held = await this.#channel(channel);
      await this.#write(channel, [
        ...deletions(channel, held.first, held.end.index),
        { type: "del", key: snapshotPlaceKey(channel) },
        { type: "del", key: snapshotKey(channel) },
        markOf(channel, false),
      ]);
      this.#remembered.delete(channel);
      this.#register.note(channel, false);
      this.#tell(channel, { type: "deleted" });
    });
  }

  /** Where a channel's log begins and ends. Records that lead nowhere are deleted. */
  async #channel(channel: string): Promise<Remembered> {
    const known = this.#remembered.get(channel);
    if (known?.life === this.#database.life) return known;
    const found = await this.#database.read(async (database) => ({
      ...(await loadLogChannel(database, channel)),
      life: this.#database.life,
    }));
    const { stray, life } = found;
    if (stray.length > 0) {
      await this.#write(
        channel,
        stray.map((index) => ({ type: "del", key: recordKey(channel, index) })),
      );
    }
    const held = { ...found.channel, life };
    this.#remember(channel, held);
    return held;
  }

  #remember(channel: string, held: Remembered): void {
    this.#remembered.delete(channel); // who was asked for last stands last
    this.#remembered.set(channel, held);
    if (this.#remembered.size <= MAX_REMEMBERED) return;
    for (const longest of this.#remembered.keys()) {
      this.#remembered.delete(longest);
      return;
    }
  }

  async #write(channel: string, writes: readonly Write[]): Promise<void> {
    try {
      await this.#database.write(writes);
    } catch (error) {
      this.#tell(channel, { type: "doubt" });
      throw error;
    }
  }

  async #contents(channel: string, held: LogChannel, after?: LogPosition): Promise<LogContents> {
    if (held.end.index === 0) return { continues: false, records: [] };
    const continues = after !== undefined && (await this.#has(channel, held, after));
    return this.#database.read(async (database) => {
      const from = continues ? after.index + 1 : held.first;
      const records = await readRecords(database, channel, from);
      if (continues || held.snapshot === undefined) return { continues, records };
      const data = await database.get(snapshotKey(channel));
      if (data === undefined) throw new Error(`the snapshot of ${channel} is gone`);
      return { continues, records, snapshot: { ...held.snapshot, data: new Uint8Array(data) } };
    });
  }

  /** Whether the records go on from a place. */
  async #has(channel: string, held: LogChannel, place: LogPosition): Promise<boolean> {
    const { first, end, snapshot } = held;
    if (isAt(end, place) || (snapshot !== undefined && isAt(snapshot, place))) return true;
    if (place.index === 0) return first === 1 && place.tag === "";
    if (place.index < first || place.index > end.index) return false;
    const value = await this.#database.read((database) =>
      database.get(recordKey(channel, place.index)),
    );
    return value !== undefined && decodeRecord(place.index, value).tag === place.tag;
  }

  /** Tells who follows a channel, after the call that it tells of, and each one by itself. */
  #tell(channel: string, news: LogNews): void {
    const followers = this.#followers.get(channel);
    for (const tell of followers ?? []) {
      queueMicrotask(() => {
        if (followers?.has(tell)) tell(news);
      });
    }
  }
}

const isAt = (one: LogPosition, other: LogPosition): boolean =>
  one.index === other.index && one.tag === other.tag;

/** Marks a channel as one that has unfinished work, or takes the mark away. */
const markOf = (channel: string, unfinished: boolean): Write =>
  unfinished
    ? { type: "put", key: unfinishedKey(channel), value: NOTHING }
    : { type: "del", key: unfinishedKey(channel) };

/** Deletes the records from one index to another one. */
function deletions(channel: string, first: number, last: number): Write[] {
  const writes: Write[] = [];
  for (let index = first; index <= last; index++) {
    writes.push({ type: "del", key: recordKey(channel, index) });
  }
  return writes;
}
