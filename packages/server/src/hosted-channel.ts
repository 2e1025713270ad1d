import type { ChannelState } from "@deltawire/protocol";
import {
  type ChangesFrame,
  DeltawireError,
  type Filter,
  type HistoryFrame,
  type HistoryPageFrame,
  type ProducingFrame,
} from "@deltawire/spec";
import { type Attachment, Attachments } from "./attachments.js";
import { Audience } from "./audience.js";
import { ChannelCommands } from "./channel-commands.js";
import type { Consumer } from "./consumer.js";
import { DueTimer } from "./due-timer.js";
import type { Appended, ChannelEngine } from "./engine/channel-engine.js";
import { hasOpenMessages } from "./engine/open-messages.js";
import type { Outcome } from "./engine/outcome.js";
import type { Claim } from "./engine/producers.js";
import { type HostedChannelHost, madeHere } from "./hosted-channel-host.js";
import type { Journal, JournalHost } from "./journal.js";
import type { Statistics } from "./statistics.js";
import type { Subscription } from "./subscription.js";
import { whenSettled } from "./when-settled.js";

/** A channel that this server holds: what decides for it, who reads it and who writes it here. */
export class HostedChannel {
  readonly name: string;
  readonly commands: ChannelCommands;
  readonly statistics: Statistics;
  /** Milliseconds, on its clock, when somebody last came or went. */
  usedAt = 0;
  /** Whether this server has forgotten it: who asks for its name finds another one. */
  isClosed = false;
  /** Everyone who follows it. */
  readonly followers: Audience;
  readonly #journal: Journal;
  readonly #host: HostedChannelHost;
  readonly #attachments: Attachments;
  readonly #lapses: DueTimer;
  /** Why nothing can be done with it any more, if that is so. */
  #end: DeltawireError | undefined;

  /** @param journal makes what decides for the channel */
  constructor(name: string, host: HostedChannelHost, journal: (host: JournalHost) => Journal) {
    const { clock, statistics, weight } = host;
    this.name = name;
    this.#host = host;
    this.#journal = journal({
      committed: (outcome, isOwn) => this.#committed(outcome, isOwn),
      adopted: () => this.#adopted(),
      ended: (error) => this.end(error),
    });
    this.statistics = statistics;
    this.#lapses = new DueTimer(
      clock,
      () => host.now(),
      () => this.#lapse(),
    );
    const channel = this;
    this.followers = new Audience(name, {
      clock,
      statistics,
      weight,
      get engine() {
        return channel.#journal.engine;
      },
      left: () => {
        this.usedAt = this.now;
        host.demand?.left();
      },
    });
    this.#attachments = new Attachments(name, (producer, token, done) => {
      this.#run((draft) => draft.renew(producer, token, host.server), done);
      this.commands.retake(producer);
    });
    this.commands = new ChannelCommands(name, {
      clock,
      lease: host.lease,
      server: host.server,
      get desk() {
        return channel.#journal.engine.desk;
      },
      get isKeeper() {
        return channel.isKeeper;
      },
      now: () => host.now(),
      run: (entry) => this.#run((engine) => engine.command(entry)),
      onEnded: (code) => statistics.commanded(code),
    });
    this.#awaitLapse();
  }

  get #engine(): ChannelEngine {
    return this.#journal.engine;
  }

  get state(): ChannelState {
    return this.#engine.state;
  }

  /** Milliseconds, on its clock. */
  get now(): number {
    return this.#host.clock.now();
  }

  /** The channel's engine, to look at. */
  get engine(): ChannelEngine {
    return this.#engine;
  }

  /** Whether this server sees to the channel; where it is in memory alone, it does. */
  get isKeeper(): boolean {
    return this.#host.server === undefined || this.#engine.keeper === this.#host.server;
  }

  /** Whether nothing can be done with it any more. */
  get hasEnded(): boolean {
    return this.#end !== undefined;
  }

  /** Whether it is made for those who read it. */
  get isOnDemand(): boolean {
    return this.#host.demand !== undefined;
  }

  /** Whether those who write to it are to wait. */
  get isCongested(): boolean {
    return this.#journal.isCongested;
  }

  /** About the bytes of its state. */
  get size(): number {
    return this.#engine.size;
  }

  /** Whether it holds nothing, and nobody would miss it. */
  get isUnused(): boolean {
    return this.state.seq === 0 && this.isIdle;
  }

  /** Whether nobody reads or writes it, and nothing of it is to be ended. */
  get isIdle(): boolean {
    const isFree = this.followers.size === 0 && this.#attachments.size === 0;
    const isQuiet = this.commands.isIdle && this.#journal.isIdle;
    const isHeld = this.#host.demand?.isHeld ?? false;
    return isFree && isQuiet && !isHeld && !hasOpenMessages(this.state);
  }

  /** Everyone who follows it. */
  get subscriptions(): Iterable<Subscription> {
    return this.followers;
  }

  /** Begins to follow; see {@link Audience.follow}. */
  follow(consumer: Consumer, filter?: Filter): Subscription {
    const subscription = this.followers.follow(consumer, filter);
    this.#host.demand?.followed();
    return subscription;
  }

  unfollow(subscription: Subscription): void {
    subscription.end();
  }

  /** What happened after a version, in one frame; see {@link ChannelEngine.since}. */
  since(seq: number, windowed: boolean): ChangesFrame | undefined {
    return this.#engine.since(seq, windowed);
  }

  /** @throws DeltawireError see {@link ChannelEngine.page} */
  page(frame: HistoryFrame): HistoryPageFrame {
    return this.#engine.page(frame);
  }

  /**
   * Resolves once this server knows a version that somebody has, or that it does not exist;
   * undefined where it knows it.
   */
  reach(epoch: string | undefined, seq: number | undefined): Promise<void> | undefined {
    const { state } = this;
    const isKnown = epoch === undefined || (epoch === state.epoch && (seq ?? 0) <= state.seq);
    return isKnown ? undefined : this.#journal.sync?.();
  }

  /** Decides something; see {@link Journal.run}. */
  run<T>(operation: (engine: ChannelEngine) => T, done?: (value: T) => void): T | Promise<T> {
    if (this.#end) throw this.#end;
    return this.#journal.run(operation, done);
  }

  /** The same, for what nobody waits for: where it comes to nothing, nobody needs to know. */
  #run(operation: (engine: ChannelEngine) => unknown, done?: () => void): void {
    if (this.#end) return;
    const result = this.#journal.run(operation, done);
    if (result instanceof Promise) result.catch(() => done?.());
  }

  /**
   * A producer begins to write; who was attached in its name until now is fenced, and told so.
   *
   * @throws DeltawireError `fenced`, see {@link ChannelEngine.attach}; here and below at once, or
   *   by rejection where the channel has a log; `forbidden` where it is made on demand
   */
  attach(
    producer: string,
    attachment: Attachment,
    claim: Claim = {},
  ): ProducingFrame | Promise<ProducingFrame> {
    const { server, demand } = this.#host;
    if (demand && demand.producer !== producer) throw madeHere(this.name);
    const attaching = this.run(
      (engine) => {
        if (attachment.isGone) throw gone(this.name); // another one may have come since
        return engine.attach(producer, { ...claim, server });
      },
      ({ producing }) => this.#attached(producer, attachment, producing.token),
    );
    return whenSettled(attaching, ({ producing }) => producing);
  }

  /**
   * A producer that was gone goes on under its token.
   *
   * @throws DeltawireError `fenced` after a later attachment
   */
  renew(producer: string, token: number, attachment: Attachment): void | Promise<void> {
    const { server } = this.#host;
    const renewing = this.run(
      (engine) => engine.renew(producer, token, server),
      () => this.#attached(producer, attachment, token),
    );
    return whenSettled(renewing, () => undefined);
  }

  #attached(producer: string, attachment: Attachment, token: number): void {
    this.#attachments.put(producer, attachment, token, this.#engine.instanceOf(producer));
  }

  /** A producer is gone; what it has written stays as it is for a while. */
  detach(producer: string, attachment: Attachment): void {
    const token = this.#attachments.remove(producer, attachment);
    if (token === undefined) return;
    this.usedAt = this.now;
    const now = this.#host.now();
    this.#run((engine) => engine.detach(producer, token, now));
  }

  /** However many are gone; where there are several servers, one of them sees to it. */
  #awaitLapse(): void {
    this.#lapses.set(this.isKeeper ? this.#engine.dueAt : undefined);
  }

  #lapse(): void {
    const now = this.#host.now();
    this.#run((engine) => engine.lapse(now));
    this.#awaitLapse();
  }

  /** Appends a producer's frame, and fans out what came of it. See {@link ChannelEngine.append}. */
  append(producer: string, token: number, frame: ChangesFrame): Appended | Promise<Appended> {
    return this.run((engine) => engine.append(producer, token, frame));
  }

  #committed(outcome: Outcome, isOwn: boolean): void {
    const { effects, hasBegun } = outcome;
    if (hasBegun) this.followers.restart();
    this.followers.publish(outcome);
    if (effects.length > 0) this.commands.carryOut(effects, isOwn);
    else this.commands.schedule();
    if (!isOwn || hasBegun) this.#attachments.check(this.#engine, hasBegun);
    if (hasBegun) this.commands.renew();
    this.#awaitLapse();
    this.#host.demand?.changed();
    this.#host.happened(outcome);
  }

  /** The channel is another one, or far ahead: whoever follows it is brought there. */
  #adopted(): void {
    this.followers.restart();
    this.#attachments.check(this.#engine, false);
    this.#awaitLapse();
    this.commands.renew();
    this.commands.schedule();
    this.#host.adopted?.();
  }

  /**
   * Nothing can be done with it any more: whoever reads or writes it is told why. Those who come
   * again find another one.
   */
  end(error: DeltawireError): void {
    if (this.#end) return;
    this.#end = error;
    this.followers.fail(error);
    this.#attachments.end(error);
    this.close();
    this.#host.ended?.();
  }

  /** Stops its timers: it is forgotten. */
  close(): void {
    if (this.isClosed) return;
    this.isClosed = true;
    this.#journal.close();
    this.followers.close();
    this.#lapses.stop();
    this.commands.close();
    this.#host.closed?.();
    this.#host.demand?.closed();
  }
}

const gone = (channel: string): DeltawireError =>
  new DeltawireError("connection_lost", "the producer's connection is gone", { channel });
