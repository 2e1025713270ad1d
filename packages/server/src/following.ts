import type { Form, SharedFrame } from "@deltawire/protocol";
import {
  DeltawireError,
  type Filter,
  type HistoryFrame,
  LIMITS,
  type SubscribeFrame,
} from "@deltawire/spec";
import type { Principal } from "./access.js";
import type { Consumer } from "./consumer.js";
import type { HostedChannel } from "./hosted-channel.js";
import type { Line } from "./line.js";
import { Pacer } from "./pacer.js";
import type { Subscription } from "./subscription.js";

/** Where channels are. */
export interface ChannelHost {
  /** The channel of a name. @throws DeltawireError where there is no room for another one */
  open(channel: string): HostedChannel;
  /**
   * Makes a channel ready to be opened, where that takes time; undefined where it does not.
   *
   * @throws DeltawireError by rejection
   */
  load?(channel: string): Promise<void> | undefined;
}

/** What a client may use of channels, over all its connections. */
export interface Room {
  /** The client. */
  readonly principal: Principal;
  /** One more channel is used. @throws DeltawireError where there is no room for it */
  occupy(): void;
  vacate(): void;
}

/** What {@link Following} needs of its session. */
export interface FollowingHost {
  readonly channels: ChannelHost;
  readonly room: Room;
  /** A subscription could not go on, and has ended. */
  refuse(error: unknown, frame: SubscribeFrame): void;
}

/** Made once: they are asked for with each frame. */
const FORMS = {
  usual: { plain: {}, compressed: { isCompressed: true } },
  compact: {
    plain: { isCompact: true },
    compressed: { isCompact: true, isCompressed: true },
  },
} as const;

/** The channels that a connection follows. */
export class Following implements Consumer {
  readonly binary: boolean;
  /** What `hello` has stated, before anything is followed. */
  takesCompressed = false;
  #takesCompact = false;
  readonly #line: Line;
  readonly #host: FollowingHost;
  readonly #pacer = new Pacer(this);
  readonly #subscriptions = new Map<string, Subscription>();
  /** Channels that are to be followed: the answer is under way, or was to ask again later. */
  readonly #wanted = new Set<string>();

  constructor(line: Line, host: FollowingHost) {
    this.binary = line.binary;
    this.#line = line;
    this.#host = host;
  }

  /** Whether it is sent compact values: it has said that it reads them, and nobody has turned it off. */
  get takesCompact(): boolean {
    return this.#takesCompact;
  }

  set takesCompact(value: boolean) {
    if (value === this.#takesCompact) return;
    const change = (to: boolean) => () => {
      this.#takesCompact = to;
    };
    for (const subscription of this.subscriptions) {
      subscription.channel.recode(subscription, change(value));
      change(!value)(); // those that come now are still counted as they were
    }
    change(value)();
  }

  get principal(): Principal {
    return this.#host.room.principal;
  }

  get size(): number {
    return this.#subscriptions.size;
  }

  get subscriptions(): Subscription[] {
    return [...this.#subscriptions.values()];
  }

  /** Whether it follows a channel, or is going to. */
  get isUsed(): boolean {
    return this.#subscriptions.size + this.#wanted.size > 0;
  }

  /** A channel was asked for, and nothing is decided yet. */
  asked(channel: string): void {
    if (!this.has(channel) && this.#wanted.size < LIMITS.max_channels) this.#wanted.add(channel);
  }

  /** What was asked for is not to be had; where that is so for now only, its client asks again. */
  refused(channel: string, { group }: DeltawireError): void {
    if (group === "retry") this.asked(channel);
    else this.#wanted.delete(channel);
  }

  has(channel: string): boolean {
    return this.#subscriptions.has(channel);
  }

  /**
   * Answers a `subscribe`; once this server knows what the client has, as a promise where that takes
   * time.
   *
   * @throws DeltawireError `limit_exceeded`, and what opening a channel throws
   */
  subscribe(frame: SubscribeFrame): undefined | Promise<void> {
    const { channel, epoch, seq } = frame;
    const reaching = this.#host.channels.open(channel).reach(epoch, seq);
    if (reaching) return reaching.then(() => this.#subscribe(frame));
    this.#subscribe(frame);
    return undefined;
  }

  #subscribe(frame: SubscribeFrame): void {
    if (this.#line.isClosed) return;
    const known = this.#subscriptions.get(frame.channel);
    const channel = this.#host.channels.open(frame.channel);
    if (known && channel.followers.has(known, frame.filter)) {
      known.ask(frame);
      return;
    }
    if (known) this.unsubscribe(frame.channel);
    else checkRoom(this.#subscriptions);
    const subscription = this.#follow(channel, frame.filter);
    const { epoch: _, seq: __, ...anew } = frame; // what it has is of another filter
    subscription.ask(known ? anew : frame);
  }

  #follow(channel: HostedChannel, filter: Filter | undefined): Subscription {
    this.#host.room.occupy();
    try {
      const subscription = channel.follow(this, filter);
      this.#subscriptions.set(channel.name, subscription);
      this.#wanted.delete(channel.name);
      return subscription;
    } catch (error) {
      this.#host.room.vacate();
      throw error;
    }
  }

  unsubscribe(channel: string): void {
    this.#wanted.delete(channel);
    const subscription = this.#subscriptions.get(channel);
    if (!subscription) return;
    subscription.end();
    this.#pacer.delete(subscription);
    this.#subscriptions.delete(channel);
    this.#host.room.vacate();
  }

  /** @throws DeltawireError `unexpected_frame` */
  page(frame: HistoryFrame): void {
    const subscription = this.#subscriptions.get(frame.channel);
    if (!subscription) {
      throw new DeltawireError("unexpected_frame", "subscribe before history", { path: "/type" });
    }
    subscription.page(frame);
  }

  /** The client has read what was sent. */
  onDrain(): void {
    this.#pacer.run();
  }

  /** The connection is gone. */
  end(): void {
    for (const channel of [...this.#subscriptions.keys()]) this.unsubscribe(channel);
  }

  get isCongested(): boolean {
    return this.#line.isCongested;
  }

  send(frame: Parameters<Consumer["send"]>[0]): void {
    this.#line.send(frame);
  }

  fits(shared: SharedFrame): boolean {
    return this.#line.fits(shared, this.#form(this.takesCompressed));
  }

  deliver(shared: SharedFrame, isCompressed: boolean): void {
    this.#line.deliver(shared, this.#form(isCompressed));
  }

  #form(isCompressed: boolean): Form {
    const { plain, compressed } = this.takesCompact ? FORMS.compact : FORMS.usual;
    return isCompressed ? compressed : plain;
  }

  pace(subscription: Subscription): void {
    this.#pacer.add(subscription);
  }

  release({ channel: { name } }: Subscription): void {
    this.unsubscribe(name);
  }

  fail({ channel: { name }, request }: Subscription, error: unknown): void {
    this.unsubscribe(name);
    this.#host.refuse(error, { type: "subscribe", channel: name, request });
  }
}

/** @throws DeltawireError where a connection has all the channels that it may */
export function checkRoom(channels: ReadonlyMap<string, unknown>): void {
  if (channels.size < LIMITS.max_channels) return;
  const what = `max_channels (${LIMITS.max_channels}) exceeded by this connection`;
  throw new DeltawireError("limit_exceeded", what, { path: "/channel" });
}
