import { DeltawireError } from "@deltawire/spec";
import { Compaction } from "./compaction.js";
import { carryOver } from "./engine/carry-over.js";
import type { ChannelEngine } from "./engine/channel-engine.js";
import { encodeRecord } from "./engine/record.js";
import type { Journal, Operation } from "./journal.js";
import { LOG_START, type Log, type LogContents, type LogNews, type LogRecord } from "./log.js";
import { endOf, isEmpty } from "./log-contents.js";
import { LogReader } from "./log-reader.js";
import { repairOf } from "./log-repair.js";
import { decide, own, type Waiting } from "./operations.js";
import { RecentRecords } from "./recent-records.js";
import { Retries } from "./retries.js";
import type { SharedHost } from "./shared-host.js";

/** Operations that wait, above which their senders are to wait too; and news that wait. */
const HIGH_WATER = 256;

/** What one record holds at most: operations, and about the bytes of their changes. */
const MAX_BATCH = 256;
const MAX_WEIGHT = 1 << 20;

/** Milliseconds that a log is waited for that is said to have gone on. */
const SYNC = 2000;

/** Why a channel is closed that is about to be deleted. */
export const DELETED = "deleted";

/** A record that was told of, and the tag of the one before it. */
interface News {
  readonly record: LogRecord;
  readonly before: string;
}

const START: LogRecord = { ...LOG_START, data: new Uint8Array() };

/**
 * Decides in a log that other servers may share.
 *
 * 1. The engine is what the log says up to {@link #position}; a draft of it decides, and takes its
 *    place once the log has the record.
 * 2. One append is under way at a time; what comes meanwhile waits, and goes as one record.
 * 3. Whoever was faster is heard first; then it is decided again.
 * 4. What was decided and is not in the log any more is put there again, if the log is where this
 *    server has been; else a new incarnation begins, with what had ended carried over.
 */
export class SharedJournal implements Journal {
  readonly #channel: string;
  readonly #host: SharedHost;
  readonly #reader: LogReader;
  readonly #retries: Retries;
  #engine: ChannelEngine;
  /** What the log says where it lacks something that {@link #engine} has: until that is mended. */
  #base: ChannelEngine | undefined;
  #position: LogRecord;
  readonly #recent = new RecentRecords();
  #incarnation: string | undefined;
  #queue: Waiting[] = [];
  /** Records of others that were heard of before their turn. */
  #news: News[] = [];
  #isDoubtful = false;
  /** Whether it was told that the channel is deleted. */
  #isDeleted = false;
  /** Those who wait until the log was read once more. */
  #syncing: (() => void)[] = [];
  #isBusy = false;
  #isClosed = false;
  readonly #compaction: Compaction;
  /** Those that are being decided. */
  #deciding: readonly Waiting[] = [];
  readonly #unfollow: () => void;

  private constructor(channel: string, host: SharedHost, reader: LogReader, retries: Retries) {
    this.#channel = channel;
    this.#host = host;
    this.#reader = reader;
    this.#retries = retries;
    this.#engine = reader.empty();
    this.#position = START;
    this.#compaction = new Compaction(channel, host.log);
    this.#unfollow = host.log.follow(channel, (news) => this.#onNews(news));
  }

  /** The channel as the log has it; it begins where the log has nothing. */
  static async open(channel: string, host: SharedHost): Promise<SharedJournal> {
    await host.presence.ready();
    const retries = new Retries(host.clock, (error) => host.reached(error));
    const reader = new LogReader(channel, host.times, host.resolve);
    const journal = new SharedJournal(channel, host, reader, retries);
    journal.#isBusy = true; // news wait
    try {
      await journal.#load();
    } catch (error) {
      journal.close();
      throw error;
    }
    journal.#isBusy = false;
    journal.#work();
    return journal;
  }

  get engine(): ChannelEngine {
    return this.#engine;
  }

  get isCongested(): boolean {
    return this.#queue.length > HIGH_WATER;
  }

  get isIdle(): boolean {
    return !this.#isBusy && this.#queue.length === 0;
  }

  run<T>(operation: Operation<T>, done?: (value: T) => void): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      const settle: Waiting["settle"] = (result) => {
        if ("error" in result) {
          reject(result.error);
          return;
        }
        const value = result.value as T; // what the operation has returned
        done?.(value);
        resolve(value);
      };
      if (this.#isClosed) settle({ error: this.#closed() });
      else this.#queue.push({ operation, settle });
      this.#work();
    });
  }

  /** Reads whether the log has gone on, and resolves then, or when it takes too long. */
  sync(): Promise<void> {
    return new Promise((resolve) => {
      const cancel = this.#host.clock.after(SYNC, resolve);
      this.#syncing.push(() => {
        cancel();
        resolve();
      });
      this.#isDoubtful = true;
      this.#work();
    });
  }

  close(): void {
    this.#isClosed = true;
    this.#unfollow();
    this.#retries.close();
    const waiting = [...this.#deciding, ...this.#queue.splice(0)];
    this.#deciding = [];
    for (const { settle } of waiting) settle({ error: this.#closed() });
    for (const resolve of this.#syncing.splice(0)) resolve();
  }

  #closed(): DeltawireError {
    const what = "the server has given the channel up; try again";
    return new DeltawireError("going_away", what, { channel: this.#channel });
  }

  async #load(): Promise<void> {
    const contents = await this.#retries.run(() => this.#host.log.read(this.#channel));
    this.#incarnation = this.#host.presence.incarnation;
    if (isEmpty(contents)) {
      const stated = await this.#retries.run(() => this.#host.initial());
      const begin = own((draft) => {
        if (draft.state.epoch !== "") return; // another server was faster
        draft.begin({ channel: stated, token: 0, pending: [] });
      });
      this.#queue.unshift(begin);
      while (this.#queue.length > 0) await this.#decide(this.#queue.splice(0));
    } else this.#engine = await this.#rebuild(contents);
  }

  async #rebuild(contents: LogContents): Promise<ChannelEngine> {
    const { engine, size } = await this.#reader.rebuild(contents);
    this.#position = endOf(contents) ?? START;
    this.#recent.reset(contents.records);
    this.#compaction.reset(size);
    return engine;
  }

  #onNews(news: LogNews): void {
    if (this.#isClosed) return;
    if (news.type === "record") {
      const { record, before } = news;
      if (this.#recent.has(record.tag)) return;
      const isOld = record.index <= this.#position.index;
      if (isOld || this.#news.length >= HIGH_WATER) this.#isDoubtful = true;
      else this.#news.push({ record, before });
    } else {
      this.#isDoubtful = true;
      this.#isDeleted ||= news.type === "deleted";
    }
    this.#work();
  }

  #work(): void {
    if (this.#isBusy || this.#isClosed) return;
    this.#isBusy = true;
    this.#workOn()
      .catch((error) => this.#giveUp(error))
      .finally(() => {
        this.#isBusy = false;
        if (!this.#isClosed && this.#hasWork) this.#work();
      });
  }

  /** What the log holds cannot be read here: nobody is served from it. */
  #giveUp(error: unknown): void {
    if (this.#isClosed) return;
    const isKnown = error instanceof DeltawireError;
    if (!isKnown || error.code !== "unsupported_version") this.#host.report(error);
    const what = "the channel's log cannot be read by this server";
    this.#host.ended(
      isKnown ? error : new DeltawireError("internal", what, { channel: this.#channel }),
    );
  }

  get #hasWork(): boolean {
    return this.#isDoubtful || this.#queue.length > 0;
  }

  async #workOn(): Promise<void> {
    do {
      await this.#takeNews();
      if (this.#isClosed) return;
      if (this.#isDoubtful) await this.#readOn();
      else if (this.#queue.length > 0) await this.#decide(this.#queue.splice(0, MAX_BATCH));
    } while (!this.#isClosed && (this.#hasWork || this.#news.length > 0));
  }

  /** Takes what others have appended, as far as it follows; what does not is doubt. */
  async #takeNews(): Promise<void> {
    for (const { record, before } of this.#news.splice(0)) {
      const { index, tag } = this.#position;
      if (this.#recent.has(record.tag)) continue;
      if (record.index === index + 1 && before === tag) await this.#take(record);
      else this.#isDoubtful = true;
    }
  }

  async #take(record: LogRecord): Promise<void> {
    const decoded = await this.#reader.decode(record);
    const engine = this.#base ?? this.#engine;
    engine.now = decoded.at;
    for (const entry of decoded.entries) engine.take(entry);
    this.#advance(record);
    const outcome = engine.drain();
    if (engine === this.#engine) this.#host.committed(outcome, false);
  }

  #advance(record: LogRecord): void {
    this.#position = record;
    this.#recent.add(record);
    this.#compaction.add(record.data.length);
  }

  async #readOn(): Promise<void> {
    this.#isDoubtful = false;
    const syncing = this.#syncing.splice(0);
    const contents = await this.#retries.run(() =>
      this.#host.log.read(this.#channel, this.#position),
    );
    await this.#goOnFrom(contents);
    for (const resolve of syncing) resolve();
  }

  async #goOnFrom(contents: LogContents): Promise<void> {
    if (contents.continues) for (const record of contents.records) await this.#take(record);
    else await this.#reconcile(contents);
  }

  /** Decides a batch; what another server was faster than comes again. */
  async #decide(batch: Waiting[]): Promise<void> {
    const from = this.#base ?? this.#engine;
    const draft = from.draft();
    draft.now = this.#host.presence.now;
    const { seq } = from.state;
    this.#host.prepare(draft);
    const results: (() => void)[] = [];
    while (results.length < batch.length && draft.weight < MAX_WEIGHT) {
      results.push(decide(draft, batch[results.length] as Waiting)); // there are more
    }
    this.#queue.unshift(...batch.splice(results.length));
    this.#deciding = batch;
    if (draft.entries.length > 0) {
      const record: LogRecord = {
        index: this.#position.index + 1,
        tag: this.#host.randomId(),
        data: encodeRecord({ at: draft.now, seq, entries: draft.entries }),
      };
      const rest = await this.#append(record, draft.isUnfinished);
      if (this.#isClosed) return;
      if (!rest) {
        this.#deciding = [];
        this.#queue.unshift(...batch);
        return;
      }
      this.#advance(record);
      if (rest.length > 0) this.#isDoubtful = true;
    }
    draft.settle();
    const isMended = this.#base !== undefined;
    this.#base = undefined;
    this.#engine = draft;
    const outcome = draft.drain();
    this.#deciding = [];
    for (const settle of results) settle();
    if (isMended) this.#host.adopted();
    else this.#host.committed(outcome, true);
    const isKeeper = draft.keeper === this.#host.presence.server;
    if (isKeeper && this.#compaction.isDue) void this.compact();
  }

  /**
   * Appends a record, and asks as often as it takes to be told. Returns what others have appended
   * after it; undefined where they were faster, and are heard now.
   */
  async #append(
    record: LogRecord,
    isUnfinished: boolean,
  ): Promise<readonly LogRecord[] | undefined> {
    const { log } = this.#host;
    const after = this.#position;
    const answer = await this.#retries.run(() =>
      log.append(this.#channel, after, record, isUnfinished),
    );
    if (answer.type === "appended") return [];
    const { continues, records } = answer.contents;
    // An earlier attempt, of which no answer came, has happened.
    if (continues && records[0]?.tag === record.tag) return records.slice(1);
    await this.#goOnFrom(answer.contents);
    return undefined;
  }

  /** The log is not where this server has been: it has lost something, or is far ahead. */
  async #reconcile(contents: LogContents): Promise<void> {
    const { presence } = this.#host;
    if (isEmpty(contents)) await this.#retries.run(() => presence.renew());
    const isDeleted = this.#isDeleted || this.#engine.state.closed?.reason === DELETED;
    const isEmptied = presence.incarnation !== this.#incarnation;
    const repair = repairOf(contents, this.#position, this.#recent, isEmptied);
    if (isDeleted && !isEmptied) {
      const what = "the channel was deleted; what is written to its name is another one";
      this.#host.ended(new DeltawireError("channel_closed", what, { channel: this.#channel }));
      return;
    }
    if (repair.is === "put back") {
      await this.#putBack(repair.missing);
      return;
    }
    const mine = this.#engine;
    this.#incarnation = presence.incarnation;
    const base = await this.#rebuild(contents);
    if (!repair.isLost) {
      this.#base = undefined;
      this.#engine = base;
      this.#host.adopted();
      return;
    }
    const isMending = this.#base !== undefined;
    this.#base = base;
    if (isMending) return; // what mends it is in the queue
    const mend = own((draft) => {
      // What another server has mended meanwhile is in the draft.
      const { begins, changes } = carryOver(mine, draft, this.#host.randomId());
      if (begins) draft.begin(begins);
      draft.change(changes);
    });
    this.#queue.unshift(mend);
  }

  /** The log has lost what came last: it gets it again, as it was. */
  async #putBack(missing: readonly LogRecord[]): Promise<void> {
    const { log } = this.#host;
    let after = this.#recent.before(missing[0]) ?? LOG_START;
    for (const record of missing) {
      const answer = await this.#retries.run(() =>
        log.append(this.#channel, after, record, this.#engine.isUnfinished),
      );
      if (answer.type === "conflict" && answer.contents.records[0]?.tag !== record.tag) {
        this.#isDoubtful = true; // somebody else has gone on, or does the same
        return;
      }
      after = record;
    }
  }

  /** Puts a snapshot in the place of the records. */
  async compact(): Promise<void> {
    try {
      await this.#compaction.run(this.#engine, this.#position, this.#host.isStored);
    } catch (error) {
      this.#host.reached(error);
    }
  }
}
