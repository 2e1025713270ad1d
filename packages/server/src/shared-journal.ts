import { Compaction } from "./compaction.js";
import { carryOver } from "./engine/carry-over.js";
import type { ChannelEngine } from "./engine/channel-engine.js";
import { encodeRecord } from "./engine/record.js";
import type { Journal, Operation } from "./journal.js";
import { DELETED, deleted, givenUp, unreadable } from "./journal-end.js";
import { LOG_START, type LogContents, type LogNews, type LogRecord } from "./log.js";
import { endOf, isEmpty } from "./log-contents.js";
import { LogReader } from "./log-reader.js";
import { repairOf } from "./log-repair.js";
import { LogWriter } from "./log-writer.js";
import { Operations } from "./operations.js";
import { PendingNews } from "./pending-news.js";
import { RecentRecords } from "./recent-records.js";
import { Retries } from "./retries.js";
import type { SharedHost } from "./shared-host.js";

/** Operations that wait, above which their senders are to wait too. */
const HIGH_WATER = 256;

/** Milliseconds that a log is waited for that is said to have gone on. */
const SYNC = 2000;

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
  readonly #writer: LogWriter;
  #engine: ChannelEngine;
  /** What the log says where it lacks something that {@link #engine} has: until that is mended. */
  #base: ChannelEngine | undefined;
  /** What mends that: nothing else is decided before. */
  #mend: Operation<unknown> | undefined;
  #position: LogRecord;
  readonly #recent = new RecentRecords();
  #incarnation: string | undefined;
  readonly #operations = new Operations();
  readonly #news = new PendingNews();
  #isBusy = false;
  #isClosed = false;
  readonly #compaction: Compaction;
  readonly #unfollow: () => void;

  private constructor(channel: string, host: SharedHost, reader: LogReader, retries: Retries) {
    this.#channel = channel;
    this.#host = host;
    this.#reader = reader;
    this.#retries = retries;
    this.#writer = new LogWriter(channel, host.log, retries);
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
    return this.#operations.size > HIGH_WATER;
  }

  get isIdle(): boolean {
    return !this.#isBusy && this.#operations.size === 0;
  }

  run<T>(operation: Operation<T>, done?: (value: T) => void): Promise<T> {
    if (this.#isClosed) return Promise.reject(givenUp(this.#channel));
    const result = this.#operations.ask(operation, done);
    this.#work();
    return result;
  }

  /** Reads whether the log has gone on, and resolves then, or when it takes too long. */
  sync(): Promise<void> {
    return new Promise((resolve) => {
      const cancel = this.#host.clock.after(SYNC, resolve);
      this.#news.onRead(() => {
        cancel();
        resolve();
      });
      this.#work();
    });
  }

  close(): void {
    this.#isClosed = true;
    this.#unfollow();
    this.#retries.close();
    this.#operations.end(givenUp(this.#channel));
    for (const resolve of this.#news.takeReaders()) resolve();
  }

  async #load(): Promise<void> {
    const contents = await this.#retries.run(() => this.#host.log.read(this.#channel));
    this.#incarnation = this.#host.presence.incarnation;
    if (isEmpty(contents)) {
      const stated = await this.#retries.run(() => this.#host.initial());
      this.#operations.putFirst((draft) => {
        if (draft.state.epoch !== "") return; // another server was faster
        draft.begin({ channel: stated, token: 0, pending: [] });
      });
      while (this.#operations.size > 0) await this.#decide();
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
    if (news.type === "record" && this.#recent.has(news.record.tag)) return;
    this.#news.add(news, ({ index }) => index > this.#position.index);
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

  #giveUp(error: unknown): void {
    if (this.#isClosed) return;
    const why = unreadable(this.#channel, error);
    if (why.code !== "unsupported_version") this.#host.report(error);
    this.#host.ended(why);
  }

  get #hasWork(): boolean {
    return this.#news.isDoubtful || this.#mend !== undefined || this.#operations.size > 0;
  }

  async #workOn(): Promise<void> {
    do {
      await this.#takeNews();
      if (this.#isClosed) return;
      if (this.#news.isDoubtful) await this.#readOn();
      else if (this.#hasWork) await this.#decide();
    } while (!this.#isClosed && (this.#hasWork || this.#news.hasRecords));
  }

  /** Takes what others have appended, as far as it follows; what does not is doubt. */
  async #takeNews(): Promise<void> {
    for (const { record, before } of this.#news.takeRecords()) {
      const { index, tag } = this.#position;
      if (this.#recent.has(record.tag)) continue;
      if (record.index === index + 1 && before === tag) await this.#take(record);
      else this.#news.isDoubtful = true;
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
    const readers = this.#news.takeReaders();
    const contents = await this.#retries.run(() =>
      this.#host.log.read(this.#channel, this.#position),
    );
    await this.#goOnFrom(contents);
    for (const resolve of readers) resolve();
  }

  async #goOnFrom(contents: LogContents): Promise<void> {
    if (contents.continues) for (const record of contents.records) await this.#take(record);
    else await this.#reconcile(contents);
  }

  /** Decides the mend, or a batch; what another server was faster than comes again. */
  async #decide(): Promise<void> {
    const from = this.#base ?? this.#engine;
    const draft = from.draft();
    draft.now = this.#host.presence.now;
    const { seq } = from.state;
    this.#host.prepare(draft);
    const mend = this.#mend;
    mend?.(draft);
    const results = mend ? [] : this.#operations.decide(draft);
    if (draft.entries.length > 0) {
      const record: LogRecord = {
        index: this.#position.index + 1,
        tag: this.#host.randomId(),
        data: encodeRecord({ at: draft.now, seq, entries: this.#host.refer(draft.entries) }),
      };
      const written = await this.#writer.append(this.#position, record, draft.isUnfinished);
      if (written.is === "conflict") await this.#goOnFrom(written.contents);
      if (this.#isClosed) return;
      if (written.is === "conflict") {
        this.#operations.putBack();
        return;
      }
      this.#advance(record);
      if (written.isFollowed) this.#news.isDoubtful = true;
    }
    draft.settle();
    this.#base = undefined;
    this.#mend = undefined;
    this.#engine = draft;
    const outcome = draft.drain();
    this.#operations.decided();
    for (const settle of results) settle();
    if (mend) this.#host.adopted();
    else this.#host.committed(outcome, true);
    const isKeeper = draft.keeper === this.#host.presence.server;
    if (isKeeper && this.#compaction.isDue) void this.compact();
  }

  /** The log is not where this server has been: it has lost something, or is far ahead. */
  async #reconcile(contents: LogContents): Promise<void> {
    const { presence } = this.#host;
    if (isEmpty(contents)) await this.#retries.run(() => presence.renew());
    const isDeleted = this.#news.isDeleted || this.#engine.state.closed?.reason === DELETED;
    const isEmptied = presence.incarnation !== this.#incarnation;
    const repair = repairOf(contents, this.#position, this.#recent, isEmptied);
    if (isDeleted && !isEmptied) {
      this.#host.ended(deleted(this.#channel));
      return;
    }
    if (repair.is === "put back") {
      const { missing } = repair;
      const before = this.#recent.before(missing[0]);
      const isBack = await this.#writer.putBack(before, missing, this.#engine.isUnfinished);
      if (!isBack) this.#news.isDoubtful = true;
      return;
    }
    const mine = this.#engine;
    this.#incarnation = presence.incarnation;
    const base = await this.#rebuild(contents);
    if (!repair.isLost && !this.#mend) {
      this.#engine = base;
      this.#host.adopted();
      return;
    }
    this.#base = base;
    this.#mend ??= (draft) => {
      // What another server has mended meanwhile is in the draft.
      const { begins, changes } = carryOver(mine, draft, this.#host.randomId());
      if (begins) draft.begin(begins);
      draft.change(changes);
    };
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
