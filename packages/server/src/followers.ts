import type { Clock } from "@deltawire/encoder";
import type { ChannelState, SharedFrame } from "@deltawire/protocol";
import type {
  ChangesFrame,
  DeltawireError,
  HistoryFrame,
  HistoryPageFrame,
  SnapshotFrame,
} from "@deltawire/spec";
import { ChannelEncoding, type FrameTaker } from "./channel-encoding.js";
import { ChannelMeter } from "./channel-meter.js";
import { Checkpoints } from "./checkpoints.js";
import type { Consumer } from "./consumer.js";
import type { ChannelReplica } from "./engine/channel-replica.js";
import type { PassageOptions } from "./engine/passage.js";
import { type Pin, type PinReader, Pins } from "./engine/pins.js";
import type { FollowedChannel } from "./followed-channel.js";
import type { Statistics } from "./statistics.js";
import { Subscription } from "./subscription.js";

/** What is followed: a channel, or a view of one. */
type Followable = Pick<
  ChannelReplica,
  "state" | "size" | "isForWhole" | "reaches" | "passage" | "page"
>;

/** What {@link Followers} need of their channel. */
export interface FollowersHost {
  readonly clock: Clock;
  readonly statistics: Statistics;
  /** See {@link ChannelEncoding}. */
  readonly weight?: number | undefined;
  /** The channel as it is for good, or what those who follow here see of it. */
  readonly engine: Followable;
  /** See {@link FollowedChannel.approach}; there where versions are left out. */
  approach?(seq: number): void;
  /** Somebody follows it no more. */
  left(subscription: Subscription): void;
}

/** Everyone who follows a channel here, and what they share. */
export class Followers implements FollowedChannel {
  readonly name: string;
  readonly statistics: Statistics;
  readonly meter: ChannelMeter;
  readonly #host: FollowersHost;
  readonly #checkpoints: Checkpoints;
  readonly #subscriptions = new Set<Subscription>();
  readonly #pins = new Pins();
  readonly #encoding: ChannelEncoding;
  /** What was made last for one who is behind: many fall behind, and come back, together. */
  #passage: { readonly from: number | undefined; readonly shared: SharedFrame } | undefined;

  constructor(name: string, host: FollowersHost) {
    this.name = name;
    this.#host = host;
    this.statistics = host.statistics;
    this.meter = new ChannelMeter(host.statistics);
    this.#encoding = new ChannelEncoding(this.state, host.weight);
    this.#checkpoints = new Checkpoints(
      name,
      host.clock,
      () => this.state,
      (frame) => this.#fanOut(this.#encoding.share(frame)),
    );
  }

  get state(): ChannelState {
    return this.#host.engine.state;
  }

  get size(): number {
    return this.#host.engine.size;
  }

  get now(): number {
    return this.#host.clock.now();
  }

  /** Everyone. */
  get subscriptions(): ReadonlySet<Subscription> {
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
    this.#host.left(subscription);
    if (!subscription.isLocal) this.statistics.followed(-1);
    subscription.unpin();
    this.#encoding.leave(subscription);
    if (this.#subscriptions.size === 0) this.#passage = undefined;
  }

  approach(seq: number): void {
    this.#host.approach?.(seq);
  }

  recode(follower: FrameTaker & { restart(): void }, change: () => void): void {
    this.#encoding.leave(follower);
    change();
    if (this.#encoding.join(follower)) this.#passage = undefined;
    follower.restart();
  }

  isForWhole(frame: ChangesFrame): boolean {
    return this.#host.engine.isForWhole(frame);
  }

  passage(
    from: number | undefined,
    options: PassageOptions,
    request: number | undefined,
  ): SharedFrame | undefined {
    const isCommon = request === undefined && !options.windowed;
    if (isCommon && this.#passage?.from === from && this.#passage) return this.#passage.shared;
    const frame = this.#host.engine.passage(from, options);
    if (!frame) return undefined;
    const shared = this.catchUp(request === undefined ? frame : { ...frame, request });
    if (isCommon) this.#passage = { from, shared };
    return shared;
  }

  page(frame: HistoryFrame): HistoryPageFrame {
    return this.#host.engine.page(frame);
  }

  pin(has: number | undefined, reader: PinReader): Pin {
    const { dropped } = this.#pins;
    const reaches = (seq: number) => this.#host.engine.reaches(seq);
    const pin = this.#pins.take(reader, this.state, has, reaches);
    if (this.#pins.dropped > dropped) this.statistics.pinDropped();
    return pin;
  }

  unpin(pin: Pin, reader: PinReader): void {
    this.#pins.release(pin, reader);
  }

  share(frame: SnapshotFrame): SharedFrame {
    return this.#encoding.share(frame);
  }

  catchUp(frame: ChangesFrame): SharedFrame {
    return this.#encoding.catchUp(frame);
  }

  /**
   * The channel has gone on by frames, each to a state. All of them are encoded before any is sent:
   * who is behind is brought to the last one at once, and told the codec context of that.
   */
  publish(frames: readonly ChangesFrame[], states: readonly ChannelState[]): void {
    this.#passage = undefined;
    const at = this.now;
    const all = frames.map((frame, i) => this.#encoding.publish(frame, states[i] ?? this.state));
    frames.forEach((frame, i) => {
      const shared = all[i];
      const consumers = shared ? this.#fanOut(shared) : 0;
      // What is published in a view was counted when it was in the channel.
      if (this.#host.approach) this.meter.delivered(frame, this.state, consumers);
      else this.meter.published(frame, this.state, consumers, at);
      this.#checkpoints.onPublished(frame);
    });
  }

  /** Sends a frame to everyone who is live; returns how many connections that were. */
  #fanOut(shared: SharedFrame): number {
    let sent = 0;
    for (const subscription of this.#subscriptions) {
      if (subscription.deliver(shared) && !subscription.isLocal) sent += 1;
    }
    return sent;
  }

  /** The channel is another one, or far ahead: everyone is brought there. */
  restart(): void {
    this.#passage = undefined;
    this.#pins.clear();
    this.#encoding.reset(this.state);
    for (const subscription of [...this.#subscriptions]) subscription.restart();
  }

  /** Nothing can be done with the channel any more: everyone is told why. */
  fail(error: DeltawireError): void {
    for (const subscription of [...this.#subscriptions]) subscription.fail(error);
  }

  /** The channel has ended, and is forgotten; see {@link Subscription.release}. */
  release(error: DeltawireError): void {
    for (const subscription of [...this.#subscriptions]) subscription.release(error);
  }

  /** Stops its timer. */
  close(): void {
    this.#checkpoints.close();
  }
}
