import type { Clock } from "@deltawire/encoder";
import type { ChannelState, Message, SharedFrame } from "@deltawire/protocol";
import type {
  ChangesFrame,
  DeltawireError,
  HistoryFrame,
  HistoryPageFrame,
  ProducingFrame,
  SnapshotFrame,
} from "@deltawire/spec";
import { type Attachment, Attachments } from "./attachments.js";
import { ChannelCommands } from "./channel-commands.js";
import { ChannelEncoding } from "./channel-encoding.js";
import { ChannelMeter } from "./channel-meter.js";
import { Checkpoints } from "./checkpoints.js";
import type { Appended, ChannelEngine } from "./engine/channel-engine.js";
import type { PassageOptions } from "./engine/channel-replica.js";
import type { CommandEntry } from "./engine/command-entry.js";
import type { Outcome } from "./engine/ledger.js";
import { hasOpenMessages } from "./engine/open-messages.js";
import { type Pin, type PinReader, Pins } from "./engine/pins.js";
import type { Claim } from "./engine/producers.js";
import type { Journal, JournalHost } from "./journal.js";
import type { Statistics } from "./statistics.js";
import { type Consumer, Subscription } from "./subscription.js";
import { whenSettled } from "./when-settled.js";

/** What a {@link HostedChannel} needs of its server. */
export interface HostedChannelHost {
  readonly clock: Clock;
  readonly statistics: Statistics;
  /** Milliseconds that a producer that is gone is waited for. */
  readonly lease: number;
  /** This server, where there are several. */
  readonly server?: string | undefined;
  /** Milliseconds of the clock that the channel's entries are timed by. */
  now(): number;
  /** See {@link ChannelEncoding}. */
  readonly weight?: number;
  /** What has happened to the channel, once everybody here was told. */
  happened(channel: HostedChannel, outcome: Outcome): void;
  /** The channel is another one by now, or far ahead. */
  adopted?(): void;
  /** Nothing can be done with it any more. */
  ended?(): void;
}

/** A channel that this server holds: its engine, its subscriptions, and what they share. */
export class HostedChannel {
  readonly name: string;
  readonly commands: ChannelCommands;
  readonly statistics: Statistics;
  readonly meter: ChannelMeter;
  /** Milliseconds, on its clock, when somebody last came or went. */
  usedAt = 0;
  readonly #journal: Journal;
  readonly #host: HostedChannelHost;
  readonly #checkpoints: Checkpoints;
  readonly #subscriptions = new Set<Subscription>();
  readonly #pins = new Pins();
  readonly #attachments: Attachments;
  readonly #encoding: ChannelEncoding;
  /** What was made last for one who is behind: many fall behind, and come back, together. */
  #passage: { readonly from: number | undefined; readonly shared: SharedFrame } | undefined;
  #cancelLease: (() => void) | undefined;
  #leaseAt: number | undefined;
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
    this.#encoding = new ChannelEncoding(this.state, weight);
    this.statistics = statistics;
    this.meter = new ChannelMeter(statistics);
    this.#checkpoints = new Checkpoints(
      name,
      clock,
      () => this.state,
      (frame) => this.#fanOut(this.#encoding.share(frame)),
    );
    this.#attachments = new Attachments(name, host.server, (operation) => this.#run(operation));
    const channel = this;
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
      run: (entry) => this.#command(entry),
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
    const isFree = this.#subscriptions.size === 0 && this.#attachments.size === 0;
    const isQuiet = this.commands.isIdle && this.#journal.isIdle;
    return isFree && isQuiet && !hasOpenMessages(this.state);
  }

  /** Everyone who follows it. */
  get subscriptions(): Iterable<Subscription> {
    return this.#subscriptions;
  }

  /** States that were given up while somebody read them. */
  get droppedPins(): number {
    return this.#pins.dropped;
  }

  /** Begins to follow; nothing is sent before {@link Subscription.ask}. */
  follow(consumer: Consumer): Subscription {
    const subscription = new Subscription(this, consumer, (ended) => this.unfollow(ended));
    if (this.#encoding.join(consumer)) this.#passage = undefined;
    this.#subscriptions.add(subscription);
    if (!consumer.isLocal) this.statistics.followed(1);
    return subscription;
  }

  unfollow(subscription: Subscription): void {
    if (!this.#subscriptions.delete(subscription)) return;
    this.usedAt = this.now;
    if (!subscription.isLocal) this.statistics.followed(-1);
    subscription.unpin();
    this.#encoding.leave(subscription);
    if (this.#subscriptions.size === 0) this.#passage = undefined;
  }

  /** See {@link ChannelEngine.isForWhole}. */
  isForWhole(frame: ChangesFrame): boolean {
    return this.#engine.isForWhole(frame);
  }

  /** What happened after a version, in one frame; see {@link ChannelEngine.since}. */
  since(seq: number, windowed: boolean): ChangesFrame | undefined {
    return this.#engine.since(seq, windowed);
  }

  /**
   * The next frame for a consumer that is at a version; see {@link ChannelEngine.passage}.
   *
   * @param request the one that it answers, if it does
   */
  passage(
    from: number | undefined,
    options: PassageOptions,
    request: number | undefined,
  ): SharedFrame | undefined {
    const isCommon = request === undefined && !options.windowed;
    if (isCommon && this.#passage?.from === from && this.#passage) return this.#passage.shared;
    const frame = this.#engine.passage(from, options);
    if (!frame) return undefined;
    const shared = this.catchUp(request === undefined ? frame : { ...frame, request });
    if (isCommon) this.#passage = { from, shared };
    return shared;
  }

  /** @throws DeltawireError see {@link ChannelEngine.page} */
  page(frame: HistoryFrame): HistoryPageFrame {
    return this.#engine.page(frame);
  }

  /** A state to send a snapshot of, newer than what its reader has. */
  pin(has: number | undefined, reader: PinReader): Pin {
    const { dropped } = this.#pins;
    const pin = this.#pins.take(reader, this.state, has, (seq) => this.#engine.reaches(seq));
    if (this.#pins.dropped > dropped) this.statistics.pinDropped();
    return pin;
  }

  unpin(pin: Pin, reader: PinReader): void {
    this.#pins.release(pin, reader);
  }

  /** A frame in the codec context of the present version. */
  share(frame: SnapshotFrame): SharedFrame {
    return this.#encoding.share(frame);
  }

  /** A frame that catches up; see {@link ChannelEncoding.catchUp}. */
  catchUp(frame: ChangesFrame): SharedFrame {
    return this.#encoding.catchUp(frame);
  }

  /** Decides something; see {@link Journal.run}. */
  run<T>(operation: (engine: ChannelEngine) => T, done?: (value: T) => void): T | Promise<T> {
    if (this.#end) throw this.#end;
    return this.#journal.run(operation, done);
  }

  /** The same, for what nobody waits for: where it comes to nothing, nobody needs to know. */
  #run(operation: (engine: ChannelEngine) => unknown): void {
    if (this.#end) return;
    const result = this.#journal.run(operation);
    if (result instanceof Promise) result.catch(() => undefined);
  }

  #command(entry: CommandEntry): void {
    this.#run((engine) => engine.command(entry));
  }

  /**
   * A producer begins to write; who was attached in its name until now is fenced, and told so.
   *
   * @throws DeltawireError `fenced`, see {@link ChannelEngine.attach}; here and below at once, or
   *   by rejection where the channel has a log
   */
  attach(
    producer: string,
    attachment: Attachment,
    claim: Claim = {},
  ): ProducingFrame | Promise<ProducingFrame> {
    const { server } = this.#host;
    const attaching = this.run(
      (engine) => engine.attach(producer, { ...claim, server }),
      ({ producing }) => this.#attachments.put(producer, attachment, producing.token),
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
      () => this.#attachments.put(producer, attachment, token),
    );
    return whenSettled(renewing, () => undefined);
  }

  /** A producer is gone; what it has written stays as it is for a while. */
  detach(producer: string, attachment: Attachment): void {
    const token = this.#attachments.remove(producer, attachment);
    if (token === undefined) return;
    this.usedAt = this.now;
    const now = this.#host.now();
    this.#run((engine) => engine.detach(producer, token, now));
  }

  /** One timer, however many are gone; where there are several servers, one of them has it. */
  #awaitLapse(): void {
    const dueAt = this.isKeeper ? this.#engine.dueAt : undefined;
    if (dueAt === this.#leaseAt) return;
    this.#cancelLease?.();
    this.#cancelLease = undefined;
    this.#leaseAt = dueAt;
    if (dueAt === undefined) return;
    const delay = Math.max(1, dueAt - this.#host.now());
    this.#cancelLease = this.#host.clock.after(delay, () => {
      this.#leaseAt = undefined;
      const now = this.#host.now();
      this.#run((engine) => engine.lapse(now));
      this.#awaitLapse();
    });
  }

  /** Appends a producer's frame, and fans out what came of it. See {@link ChannelEngine.append}. */
  append(producer: string, token: number, frame: ChangesFrame): Appended | Promise<Appended> {
    return this.run((engine) => engine.append(producer, token, frame));
  }

  #committed(outcome: Outcome, isOwn: boolean): void {
    const { frames, effects, hasBegun } = outcome;
    if (hasBegun) this.#begin();
    for (const frame of frames) this.#publish(frame);
    if (effects.length > 0) this.commands.carryOut(effects, isOwn);
    else this.commands.schedule();
    if (!isOwn || hasBegun) this.#attachments.check(this.#engine, hasBegun);
    if (hasBegun) this.commands.renew();
    this.#awaitLapse();
    this.#host.happened(this, outcome);
  }

  /** The channel is another one, or far ahead: whoever follows it is brought there. */
  #adopted(): void {
    this.#begin();
    this.#attachments.check(this.#engine, false);
    this.#awaitLapse();
    this.commands.schedule();
    this.#host.adopted?.();
  }

  #begin(): void {
    this.#passage = undefined;
    this.#pins.clear();
    this.#encoding.reset(this.state);
    for (const subscription of [...this.#subscriptions]) subscription.restart();
  }

  #publish(frame: ChangesFrame): void {
    this.#passage = undefined;
    const at = this.now;
    const consumers = this.#fanOut(this.#encoding.publish(frame, this.state));
    this.meter.published(frame, this.state, consumers, at);
    this.#checkpoints.onPublished(frame);
  }

  /** Sends a frame to everyone who is live; returns how many connections that were. */
  #fanOut(shared: SharedFrame): number {
    let sent = 0;
    for (const subscription of this.#subscriptions) {
      if (subscription.deliver(shared) && !subscription.isLocal) sent += 1;
    }
    return sent;
  }

  /**
   * Nothing can be done with it any more: whoever reads or writes it is told why. Those who come
   * again find another one.
   */
  end(error: DeltawireError): void {
    if (this.#end) return;
    this.#end = error;
    for (const subscription of [...this.#subscriptions]) subscription.fail(error);
    this.#attachments.end(error);
    this.close();
    this.#host.ended?.();
  }

  /** Stops its timers. */
  close(): void {
    this.#journal.close();
    this.#checkpoints.close();
    this.#cancelLease?.();
    this.commands.close();
  }
}
