import { DeltawireError, type Filter, type Frame, LIMITS, toWellFormed } from "@deltawire/spec";
import type { ChannelHost } from "./channel-host.js";
import { KnownChannels } from "./known-channels.js";
import { Link } from "./link.js";
import { together } from "./notifications.js";
import type { ReadOptions } from "./options.js";
import type { Platform } from "./platform.js";
import type { ReadChannel, ReadChannelOptions } from "./read-channel.js";
import { isSame, statusOf, type WireStatus } from "./status.js";
import { Tap, type TapEvent } from "./tap.js";

/** Milliseconds without a connection after which `close` waits no longer. */
const CLOSE_PATIENCE = 10_000;

/** Makes a channel of a {@link ReadWire}. */
type MakeChannel<C, Options> = (name: string, host: SharedHost, options?: Options) => C;

/** What the channels of a wire have in common, whatever they are for. */
type SharedHost = Omit<ChannelHost, "composing" | "commanding" | "paging">;

/**
 * A connection to a server, and its channels, which are read. Made by `connect` of
 * `@deltawire/client/reader`; opens on first use.
 */
export class ReadWire<
  C extends ReadChannel = ReadChannel,
  Options extends ReadChannelOptions = ReadChannelOptions,
> {
  readonly #platform: Platform;
  readonly #make: MakeChannel<C, Options>;
  readonly #tap: Tap;
  readonly #link: Link;
  readonly #host: SharedHost;
  readonly #channels = new KnownChannels<C>();
  readonly #listeners = new Set<() => void>();
  #status: WireStatus = { is: "idle" };
  #isNotifying = false;
  #closing: Promise<void> | undefined;
  /** Ends the waiting of {@link close}. */
  #giveUp: () => void = () => undefined;
  #cancelPatience: (() => void) | undefined;

  constructor(
    url: string,
    options: ReadOptions,
    platform: Platform,
    make: MakeChannel<C, Options>,
  ) {
    this.#make = make;
    this.#platform = platform;
    this.#tap = new Tap(platform.clock);
    const link = new Link(url, options, platform, this.#tap, {
      opened: () => this.#each((channel) => channel.connected()),
      receive: (frame) => this.#receive(frame),
      replicaOf: (name) => this.#channels.get(name)?.replica,
      disconnected: () => this.#each((channel) => channel.disconnected()),
      changed: () => this.#changed(),
    });
    this.#link = link;
    this.#host = {
      platform,
      notify: together(platform.notify),
      link,
      use: (channel) => {
        this.#channels.use(channel);
        link.need();
      },
      observe: (channel) => this.#channels.observe(channel),
      read: (channel) => {
        this.#channels.read(channel);
        link.need();
      },
      leave: (channel) => this.#channels.leave(channel),
      status: () => this.#status,
      changed: () => this.#refresh(),
    };
  }

  /** How the connection is: the same object until that changes. */
  get status(): WireStatus {
    return this.#status;
  }

  /** Calls back after {@link status} has changed, at most once an animation frame. Returns what stops it. */
  subscribe(listener: () => void): () => void {
    const own = () => listener(); // the same function may be subscribed twice
    this.#listeners.add(own);
    return () => this.#listeners.delete(own);
  }

  /**
   * The channel of a name: the same one while anybody holds, reads or observes it, and for good once
   * it was written or was sent a command. `options` count when it is made, but `filter`, which counts
   * until somebody reads: then it is read by that one, or by none.
   *
   * @throws DeltawireError `limit_exceeded` or `ill_formed_text` for what is no name, `limit_exceeded`
   *   where it is read by another filter, or where it is read by one and none is stated
   */
  channel(name: string, options?: Options): C {
    let channel = this.#channels.get(name);
    if (!channel) {
      checkName(name);
      channel = this.#make(name, this.#host, options);
      this.#channels.add(name, channel);
      this.#end(channel);
      if (this.#link.isOpen) channel.connected(); // nobody will tell it later
    } else refilter(channel, options?.filter);
    return channel;
  }

  /** A channel that is in use here, whatever it is read by; undefined where there is none. */
  known(name: string): C | undefined {
    return this.#channels.get(name);
  }

  /**
   * Tells everything that passes between here and the server, each way, for inspectors; first what
   * there is already: the connection that is open, and a channel event for each channel that has a
   * replica. The listener is called at once, not an animation frame later. Returns what stops it.
   */
  tap(listener: (event: TapEvent) => void): () => void {
    const replicas = [...this.#channels].flatMap(([name, { replica }]) =>
      replica ? [[name, replica] as const] : [],
    );
    return this.#tap.add(listener, replicas);
  }

  /** Connects now, where it waits for another attempt or has stopped because of its token. */
  retry(): void {
    this.#link.retry();
  }

  /**
   * Sends what is pending, waits until the server has it, and closes the connection. After 10 s
   * without a connection it waits no longer: what the server does not have then is lost.
   */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    const given = new Promise<void>((resolve) => {
      this.#giveUp = resolve;
    });
    const flushed = Promise.allSettled([...this.#channels].map(([, each]) => each.flush()));
    this.#losePatience();
    await Promise.race([flushed, given]);
    const closed = new DeltawireError("closed", "the connection was closed here");
    this.#link.end("error" in this.#status ? this.#status.error : closed);
  }

  /** While it closes: a time without a connection is the end of it. */
  #losePatience(): void {
    const { is } = this.#status;
    if (is === "stopped") this.#giveUp();
    if (this.#closing && is === "offline") {
      this.#cancelPatience ??= this.#platform.clock.after(CLOSE_PATIENCE, this.#giveUp);
    } else {
      this.#cancelPatience?.();
      this.#cancelPatience = undefined;
    }
  }

  #receive(frame: Frame): void {
    if (!("channel" in frame) || frame.channel === undefined) return;
    this.#channels.get(frame.channel)?.receive(frame);
  }

  #changed(): void {
    this.#refresh();
    this.#each((channel) => this.#end(channel));
  }

  /** Ends a channel where nothing can bring the connection back. */
  #end(channel: C): void {
    const { situation } = this.#link;
    if (situation.is !== "stopped" || situation.mayReturn) return;
    channel.ended(situation.error, this.#closing !== undefined);
  }

  #refresh(): void {
    const status = this.#present();
    if (isSame(status, this.#status)) return;
    this.#status = status;
    this.#each((channel) => channel.refresh());
    this.#losePatience();
    this.#notify();
  }

  #present(): WireStatus {
    const status = statusOf(this.#link.situation);
    if (status.is !== "live") return status;
    for (const [, channel] of this.#channels) {
      if (!channel.isCaughtUp) return { is: "catching_up" };
    }
    return status;
  }

  #notify(): void {
    if (this.#isNotifying || this.#listeners.size === 0) return;
    this.#isNotifying = true;
    this.#host.notify(() => {
      this.#isNotifying = false;
      for (const listener of [...this.#listeners]) listener();
    });
  }

  #each(run: (channel: C) => void): void {
    for (const [, channel] of this.#channels) run(channel);
  }
}

/** A connection follows a channel once, so by one filter; who has said another must not get this one. */
function refilter(channel: ReadChannel, filter: Filter | undefined): void {
  if (textOf(filter) === textOf(channel.filter)) return;
  if (channel.status.is !== "idle") {
    const { name } = channel;
    const what = `${name} is read by ${channel.filter ? "another" : "no"} filter here`;
    const advice = "hand on the channel that you have, state the same, or connect again";
    throw new DeltawireError("limit_exceeded", `${what}: ${advice}`, { channel: name });
  }
  channel.setFilter(filter);
}

/** The same for filters that are equal as JSON values. */
const textOf = (filter: Filter | undefined): string | undefined => JSON.stringify(filter, sorted);

function sorted(_: string, value: unknown): unknown {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return value;
  return Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)));
}

function checkName(name: string): void {
  if (toWellFormed(name) !== name) {
    throw new DeltawireError("ill_formed_text", "a lone surrogate in the name of a channel");
  }
  if (name.length >= 1 && name.length <= LIMITS.max_id_length) return;
  const what = `a channel's name has 1 to ${LIMITS.max_id_length} units (max_id_length)`;
  throw new DeltawireError("limit_exceeded", what);
}
