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
import { ChannelCommands } from "./channel-commands.js";
import { ChannelEncoding } from "./channel-encoding.js";
import { ChannelMeter } from "./channel-meter.js";
import { Checkpoints } from "./checkpoints.js";
import { type Appended, ChannelEngine, type PassageOptions } from "./engine/channel-engine.js";
import { CommandDesk } from "./engine/command-desk.js";
import type { CommandEffect } from "./engine/command-entry.js";
import { LEASE_TIMES, type LeaseTimes } from "./engine/leases.js";
import { type Pin, type PinReader, Pins } from "./engine/pins.js";
import { type Claim, fenced } from "./engine/producers.js";
import { hasOpenMessages } from "./open-messages.js";
import { Statistics } from "./statistics.js";
import { type Consumer, Subscription } from "./subscription.js";

/** One who writes to a channel under a producer's id: a connection, or a writer in this process. */
export interface Attachment {
  /** A later attachment of the same producer has taken its place. */
  fence(error: DeltawireError): void;
}

interface Attached {
  readonly attachment: Attachment;
  readonly token: number;
}

/** A channel that this server holds: its engine, its subscriptions, and what they share. */
export class HostedChannel {
  readonly name: string;
  readonly commands: ChannelCommands;
  readonly statistics: Statistics;
  readonly meter: ChannelMeter;
  /** Milliseconds, on its clock, when somebody last came or went. */
  usedAt = 0;
  readonly #engine: ChannelEngine;
  readonly #desk: CommandDesk;
  readonly #clock: Clock;
  readonly #onCompleted: (message: Message) => void;
  readonly #checkpoints: Checkpoints;
  readonly #subscriptions = new Set<Subscription>();
  readonly #pins = new Pins();
  /** Who is attached now, by producer. */
  readonly #attachments = new Map<string, Attached>();
  readonly #encoding: ChannelEncoding;
  /** What was made last for one who is behind: many fall behind, and come back, together. */
  #passage: { readonly from: number | undefined; readonly shared: SharedFrame } | undefined;
  #cancelLease: (() => void) | undefined;

  /** @param weight see {@link ChannelEncoding} */
  constructor(
    name: string,
    epoch: string,
    clock: Clock,
    onCompleted: (message: Message) => void,
    times: LeaseTimes = LEASE_TIMES,
    statistics: Statistics = new Statistics({
      now: () => clock.now(),
      afterWrites: (run) => run(),
    }),
    weight = 1,
  ) {
    this.name = name;
    this.#engine = new ChannelEngine(name, epoch, times);
    this.#encoding = new ChannelEncoding(this.#engine.state, weight);
    this.#clock = clock;
    this.#onCompleted = onCompleted;
    this.statistics = statistics;
    this.meter = new ChannelMeter(statistics);
    this.#checkpoints = new Checkpoints(
      name,
      clock,
      () => this.state,
      (frame) => this.#fanOut(this.#encoding.share(frame)),
    );
    this.#desk = new CommandDesk(name);
    this.commands = new ChannelCommands(name, {
      clock,
      lease: times.lease,
      desk: this.#desk,
      isKeeper: true,
      now: () => clock.now(),
      run: (entry) => this.#carryOut(this.#desk.apply(entry, this.#ownerOf)),
      onEnded: (code) => statistics.commanded(code),
    });
  }

  readonly #ownerOf = (message: string): string | undefined => this.state.message(message)?.origin;

  #carryOut(effects: readonly CommandEffect[]): void {
    this.commands.carryOut(effects, true);
  }

  get state(): ChannelState {
    return this.#engine.state;
  }

  /** Milliseconds, on its clock. */
  get now(): number {
    return this.#clock.now();
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
    return isFree && this.commands.isIdle && !hasOpenMessages(this.state);
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

  /**
   * A producer begins to write; who was attached in its name until now is fenced, and told so.
   *
   * @throws DeltawireError `fenced`, see {@link Producers.attach}
   */
  attach(producer: string, attachment: Attachment, claim: Claim = {}): ProducingFrame {
    const { producing, frame } = this.#engine.attach(producer, claim);
    const earlier = this.#attachments.get(producer)?.attachment;
    this.#attachments.set(producer, { attachment, token: producing.token });
    if (earlier && earlier !== attachment) earlier.fence(fenced(this.name, producer));
    if (frame) this.#publish(frame);
    return producing;
  }

  /**
   * A producer that was gone goes on under its token.
   *
   * @throws DeltawireError `fenced` after a later attachment
   */
  renew(producer: string, token: number, attachment: Attachment): void {
    const frame = this.#engine.renew(producer, token);
    this.#attachments.set(producer, { attachment, token });
    if (frame) this.#publish(frame);
  }

  /** A producer is gone; what it has written stays as it is for a while. */
  detach(producer: string, attachment: Attachment): void {
    const attached = this.#attachments.get(producer);
    if (attached?.attachment !== attachment) return;
    this.#attachments.delete(producer);
    this.usedAt = this.now;
    this.#engine.detach(producer, attached.token, this.usedAt);
    this.#awaitLapse();
  }

  /** One timer, however many are gone. */
  #awaitLapse(): void {
    const { dueAt } = this.#engine;
    this.#cancelLease?.();
    this.#cancelLease = undefined;
    if (dueAt === undefined) return;
    const delay = Math.max(1, dueAt - this.#clock.now());
    this.#cancelLease = this.#clock.after(delay, () => {
      const frame = this.#engine.lapse(this.#clock.now());
      this.#awaitLapse();
      if (frame) this.#publish(frame);
    });
  }

  /** Appends a producer's frame, and fans out what came of it. See {@link ChannelEngine.append}. */
  append(producer: string, token: number, frame: ChangesFrame): Appended {
    const appended = this.#engine.append(producer, token, frame);
    if (appended.frame) this.#publish(appended.frame);
    return appended;
  }

  #publish(frame: ChangesFrame): void {
    this.#passage = undefined;
    const at = this.now;
    const consumers = this.#fanOut(this.#encoding.publish(frame, this.state));
    this.meter.published(frame, this.state, consumers, at);
    for (const change of frame.changes) {
      const message =
        change.type === "message_completed" ? this.state.message(change.id) : undefined;
      if (message?.isFinal) this.#onCompleted(message);
    }
    this.#checkpoints.onPublished(frame);
    if (!this.#desk.isIdle) this.#carryOut(this.#desk.offer(this.#ownerOf));
  }

  /** Sends a frame to everyone who is live; returns how many connections that were. */
  #fanOut(shared: SharedFrame): number {
    let sent = 0;
    for (const subscription of this.#subscriptions) {
      if (subscription.deliver(shared) && !subscription.isLocal) sent += 1;
    }
    return sent;
  }

  /** Stops its timers. */
  close(): void {
    this.#checkpoints.close();
    this.#cancelLease?.();
    this.commands.close();
  }
}
