import type { ChannelState, Message } from "@deltawire/protocol";
import { ChannelOrigin } from "./channel-origin.js";
import { ChannelRetention } from "./channel-retention.js";
import type { CompletingChannel } from "./completion-worker.js";
import type { DurableHost } from "./durable-host.js";
import { Archive } from "./engine/archive.js";
import { ChannelEngine } from "./engine/channel-engine.js";
import type { Ended } from "./engine/entry.js";
import type { Outcome } from "./engine/outcome.js";
import { Retention } from "./engine/retention.js";
import { HostedChannel } from "./hosted-channel.js";
import type { HostedChannelHost } from "./hosted-channel-host.js";
import { type JournalHost, MemoryJournal } from "./journal.js";
import { Retries } from "./retries.js";
import { SharedJournal } from "./shared-journal.js";
import type { StoredChannel } from "./store.js";

/** What this server does for a channel while it sees to it. */
interface Keeping {
  /** There once it is known what the store has. */
  archive: Archive | undefined;
  readonly retention: ChannelRetention;
}

/**
 * A channel that outlives this server: in a log, in a store, or in both.
 *
 * 1. One living server sees to a channel at a time, and its log says which: it brings the channel to
 *    the store, calls the listeners, and lets go what the bounds of the channel let go.
 * 2. What the log refers to is in the store.
 */
export class DurableChannel implements CompletingChannel {
  readonly name: string;
  readonly #host: DurableHost;
  readonly #retries: Retries;
  #hosted: HostedChannel | undefined;
  #journal: SharedJournal | undefined;
  #tell: JournalHost | undefined;
  #keeping: Keeping | undefined;
  /** The channel after the last that its archive was told of. */
  #before: ChannelState | undefined;
  readonly #origin: ChannelOrigin;
  /** What is to go of the channel as it is, while nobody sees to it. */
  #unkept: { readonly state: ChannelState; readonly retention: Retention } | undefined;

  private constructor(name: string, host: DurableHost) {
    this.name = name;
    this.#host = host;
    const { clock, store, randomId } = host;
    this.#retries = new Retries(clock, (error) => host.reached("store", error));
    this.#origin = new ChannelOrigin(name, {
      store,
      retries: this.#retries,
      randomId,
      report: (error) => host.report(error),
    });
  }

  /** The channel as its log has it, or its store. @throws DeltawireError by rejection */
  static async load(name: string, host: DurableHost): Promise<DurableChannel> {
    const channel = new DurableChannel(name, host);
    await channel.#load();
    channel.look();
    channel.#origin.loaded();
    return channel;
  }

  async #load(): Promise<void> {
    const { clock, times, statistics, shared, weight } = this.#host;
    const host: HostedChannelHost = {
      clock,
      statistics,
      lease: times.lease,
      server: shared?.presence.server,
      now: () => shared?.presence.now ?? clock.now(),
      ...(weight !== undefined && { weight }),
      happened: (outcome) => this.#happened(outcome),
      adopted: () => this.#restart(),
      ended: () => this.#host.ended(this.name),
    };
    if (shared) {
      const journal = await SharedJournal.open(this.name, {
        ...shared,
        clock,
        times,
        initial: () => this.#origin.initial(),
        refer: (entries) => this.#origin.refer(entries),
        resolve: (channel, removed) => this.#origin.resolve(channel, removed),
        prepare: (draft) => this.#prepare(draft, shared.presence.server),
        isStored: (message) => this.#keeping?.archive?.holds(message) ?? false,
        randomId: this.#host.randomId,
        reached: (error) => this.#host.reached("log", error),
        report: (error) => this.#host.report(error),
        committed: (outcome, isOwn) => this.#tell?.committed(outcome, isOwn),
        adopted: () => this.#tell?.adopted(),
        ended: (error) => this.#tell?.ended(error),
      });
      this.#journal = journal;
      this.#hosted = new HostedChannel(this.name, host, (tell) => {
        this.#tell = tell;
        return journal;
      });
      return;
    }
    const engine = new ChannelEngine(this.name, "", times);
    engine.now = clock.now();
    engine.begin({ channel: await this.#origin.initial(), token: 0, pending: [] });
    engine.drain();
    this.#hosted = new HostedChannel(
      this.name,
      host,
      (tell) => new MemoryJournal(engine, clock, tell),
    );
  }

  get hosted(): HostedChannel {
    if (!this.#hosted) throw new TypeError("the channel is not loaded");
    return this.#hosted;
  }

  get state(): ChannelState {
    return this.hosted.state;
  }

  get pending(): Iterable<Ended> {
    return [...this.hosted.engine.pending].map(([id, generation]) => ({ id, generation }));
  }

  message(id: string): Message | undefined {
    return this.state.message(id);
  }

  isSaved(ended: Ended): boolean {
    return !this.#host.store || (this.#keeping?.archive?.isSaved(ended) ?? false);
  }

  done(ended: Ended): void {
    this.#run((engine) => engine.hooked([ended]));
  }

  /** What is to be seen to is seen to, by this server if by no other one. */
  look(): void {
    const { engine, isKeeper } = this.hosted;
    const isLeft = () => [...engine.attached()].some(([, server]) => !this.#isAlive(server));
    const isWanted = this.#isAlive(engine.keeper)
      ? isKeeper && isLeft()
      : engine.isUnfinished || this.#isTooMuch();
    if (isWanted) this.#run(() => undefined); // `prepare` does it
    this.#keep();
  }

  /** Whether nobody has let go what its bounds let go: who saw to it died, or gave it back. */
  #isTooMuch(): boolean {
    const bounds = this.#host.retentionOf?.(this.name);
    if (!bounds) return false;
    const { engine, state } = this.hosted;
    if (this.#unkept?.state !== state) {
      this.#unkept = { state, retention: new Retention(bounds, this.#now) };
    }
    const { retention } = this.#unkept;
    if (retention.dueAt === undefined || retention.dueAt > this.#now) return false;
    const isTooMuch = retention.expire(state, engine.ended, this.#now).length > 0;
    if (isTooMuch) this.#unkept = undefined; // it is looked at again where it stays so
    return isTooMuch;
  }

  /** Whether it has work that this server sees to. */
  get isKept(): boolean {
    return this.#keeping !== undefined && this.hosted.engine.isUnfinished;
  }

  #prepare(draft: ChannelEngine, server: string): void {
    if (!this.#isAlive(draft.keeper)) draft.keep(server);
    if (draft.keeper === server) draft.abandon((other) => this.#isAlive(other), draft.now);
  }

  /** Where no log is shared, there is nobody who could be gone. */
  #isAlive(server: string | undefined): boolean {
    const presence = this.#host.shared?.presence;
    return !presence || (server !== undefined && presence.isAlive(server));
  }

  #run(operation: (engine: ChannelEngine) => unknown): void {
    if (this.hosted.hasEnded) return;
    const running = this.hosted.run(operation);
    if (running instanceof Promise) running.catch(() => undefined); // it is looked at again
  }

  #happened({ frames, ended, hasBegun }: Outcome): void {
    if (hasBegun) this.#begun();
    const keeping = this.#keeping;
    for (const frame of frames) keeping?.archive?.changed(frame, this.state);
    if (keeping) for (const one of ended) this.#host.completions.completed(this.name, one);
    this.#before = this.state;
    if (keeping && frames.length > 0) {
      this.#host.writeBehind?.changed(this.name);
      keeping.retention.changed();
    }
    this.#keep();
  }

  get #now(): number {
    return this.#host.shared?.presence.now ?? this.#host.clock.now();
  }

  /** Begins to see to the channel, or leaves it to another server, as its log says. */
  #keep(): void {
    const isKeeper = this.hosted.isKeeper && !this.hosted.hasEnded;
    if (isKeeper === (this.#keeping !== undefined)) return;
    if (!isKeeper) {
      this.#leave();
      return;
    }
    const { completions, store } = this.#host;
    const keeping: Keeping = { archive: undefined, retention: this.#retention() };
    this.#keeping = keeping;
    if (!store) completions.keep(this);
    else if (this.#origin.stored) this.#begin(keeping, this.#origin.stored.channel);
    else {
      this.#retries
        .run(() => store.load(this.name))
        .then((stored) => this.#begin(keeping, stored))
        .catch(() => undefined); // it was closed meanwhile
    }
    keeping.retention.start();
  }

  #retention(): ChannelRetention {
    const { hosted } = this;
    return new ChannelRetention(this.#host.retentionOf?.(this.name) ?? {}, {
      clock: this.#host.clock,
      get engine() {
        return hosted.engine;
      },
      now: () => this.#now,
      isHeld: (message) => hosted.engine.pending.has(message.id) || !this.isSaved(message),
      run: (operation) => (hosted.hasEnded ? undefined : hosted.run(operation)),
    });
  }

  #begin(keeping: Keeping, stored: StoredChannel | undefined): void {
    if (this.#keeping !== keeping) return;
    const archive = new Archive(this.name, stored && this.#origin.restored(stored), this.state);
    keeping.archive = archive;
    this.#before = this.state;
    const state = () => this.state;
    this.#host.writeBehind?.keep({
      name: this.name,
      archive,
      get state() {
        return state();
      },
      onAnswered: () => this.#host.completions.look(this.name),
    });
    this.#host.completions.keep(this);
  }

  #leave(): void {
    this.#keeping?.retention.close();
    this.#keeping = undefined;
    this.#host.writeBehind?.drop(this.name);
    void this.#host.completions.stop(this.name);
  }

  /** Another incarnation has begun: the store has what it had. */
  #begun(): void {
    const archive = this.#keeping?.archive;
    if (archive && this.#before) archive.begun(this.state, this.#before);
    this.#host.writeBehind?.changed(this.name);
    this.#host.completions.look(this.name);
  }

  /** The channel is another one: what the store has is compared with it anew. */
  #restart(): void {
    if (this.#keeping) this.#leave();
    this.#keep();
  }

  /**
   * Gets ready to be forgotten: everything is in the store, and the log short; another server may
   * see to it. Returns whether it is.
   */
  async release(): Promise<boolean> {
    const { writeBehind } = this.#host;
    const { hosted } = this;
    if (this.#keeping) {
      const isSaved = (await writeBehind?.flush(this.name)) ?? true;
      if (!isSaved || hosted.engine.pending.size > 0) return false;
      if (this.#journal) {
        await this.#journal.compact(); // it is known what the store has as long as it is kept
        await this.#journal.run((draft) => draft.keep(undefined));
      }
    }
    return hosted.isIdle;
  }

  close(): void {
    this.#leave();
    this.#retries.close();
    this.hosted.close();
  }
}
