import type { Clock } from "@deltawire/encoder";
import { DeltawireError, LIMITS } from "@deltawire/spec";
import { channelInMemory } from "./channel-in-memory.js";
import { ChannelRules } from "./channel-rules.js";
import type { CompletedListener } from "./completion-worker.js";
import { Completions } from "./completions.js";
import { type Data, Durability } from "./durability.js";
import type { DurableChannel } from "./durable-channel.js";
import type { LeaseTimes } from "./engine/leases.js";
import { type Gauges, gaugesOf } from "./gauges.js";
import { type HistoryOptions, type HistoryPage, pageOf, storedPage } from "./history-page.js";
import type { HostedChannel } from "./hosted-channel.js";
import type { Demand } from "./hosted-channel-host.js";
import { DELETED, deleted } from "./journal-end.js";
import { OnDemand } from "./on-demand.js";
import type { Statistics } from "./statistics.js";

/** Channels that a server holds in memory. */
const MAX_CHANNELS = 10_000;

/** Milliseconds that a channel's log and store are waited for. */
const PATIENCE = 10_000;

/** What {@link HostedChannels} need of their server. */
export interface ChannelsHost {
  readonly clock: Clock;
  readonly statistics: Statistics;
  readonly times: LeaseTimes;
  /** Where they survive. @default nowhere: they are in memory alone */
  readonly data?: Data | undefined;
  /** What holds for which of them. @default nothing */
  readonly rules?: ChannelRules;
  /** See `ChannelEncoding`. */
  readonly weight?: number;
  /** Enough to tell incarnations apart, and servers. @default by chance */
  randomId?(): string;
  /** From 0 to 1. */
  random?(): number;
  /** Those who are told when a message has ended. */
  readonly listeners: Iterable<CompletedListener>;
  report(error: unknown): void;
  reached?(part: "log" | "store", error: unknown): void;
}

/** The channels of a server, by name. */
export class HostedChannels {
  readonly #host: ChannelsHost;
  readonly #bound: number;
  readonly #channels = new Map<string, HostedChannel>();
  /** Those of them that outlive this server. */
  readonly #durable = new Map<string, DurableChannel>();
  /** However many ask for a channel at once, it is loaded once. */
  readonly #loading = new Map<string, Promise<HostedChannel>>();
  readonly #completions: Completions;
  readonly #durability: Durability | undefined;
  readonly #rules: ChannelRules;
  readonly #onDemand: OnDemand;
  #cancelSweep: (() => void) | undefined;
  #isClosed = false;

  /** @param bound how many there are at most */
  constructor(host: ChannelsHost, bound: number = MAX_CHANNELS) {
    this.#host = host;
    this.#bound = bound;
    const { clock, data, listeners, report, random = Math.random, rules } = host;
    this.#rules = rules ?? new ChannelRules();
    this.#onDemand = new OnDemand({
      ...host,
      randomId: () => this.#randomId(),
      host: (name, demand) => this.#inMemory(name, demand),
      retired: (channel) => {
        if (this.#channels.get(channel.name) === channel) this.#channels.delete(channel.name);
      },
    });
    this.#completions = new Completions({ clock, random, listeners, report });
    this.#durability =
      data &&
      new Durability(data, {
        ...host,
        server: this.#randomId(),
        randomId: () => this.#randomId(),
        random,
        completions: this.#completions,
        retentionOf: (name) => this.#rules.match(name)?.retention,
        reached: (part, error) => host.reached?.(part, error),
        channels: () => this.#durable.values(),
        adopt: (name) => this.#adopt(name),
        ended: (name) => this.#forget(name),
      });
    this.#sweepLater();
  }

  #randomId(): string {
    return (this.#host.randomId ?? randomId)();
  }

  /** What an acknowledgement survives. */
  get durability(): Durability["durability"] {
    return this.#durability?.durability ?? "memory";
  }

  /** Begins to look after what servers have left that are gone. */
  start(): void {
    this.#durability?.start();
  }

  /** The channel of a name, loaded if it has to be. @throws DeltawireError, see {@link open} */
  get(name: string): HostedChannel | Promise<HostedChannel> {
    const loading = this.load(name);
    return loading ? loading.then(() => this.open(name)) : this.open(name);
  }

  /**
   * Loads a channel that is not in memory and may be elsewhere; undefined where there is nothing to
   * wait for.
   *
   * @throws DeltawireError `limit_exceeded`, `overloaded`, at once; by rejection where log or store
   *   cannot be read
   */
  load(name: string): Promise<void> | undefined {
    if (!this.#durability || this.#channels.has(name)) return undefined;
    if (this.#rules.match(name)?.demand) return undefined;
    let loading = this.#loading.get(name);
    if (!loading) {
      this.#makeRoomFor(name);
      loading = this.#durability
        .load(name)
        .then((channel) => this.#loaded(channel))
        .finally(() => this.#loading.delete(name));
      this.#loading.set(name, loading);
    }
    return this.#inTime(name, loading);
  }

  /** Loading goes on until it is done; who waits for it is told after a while to come again. */
  #inTime(name: string, loading: Promise<unknown>): Promise<void> {
    return new Promise((resolve, reject) => {
      const cancel = this.#host.clock.after(PATIENCE, () => {
        const what = "the channel's log or store cannot be reached; try again";
        reject(new DeltawireError("overloaded", what, { channel: name }));
      });
      loading.then(() => resolve(), reject).finally(cancel);
    });
  }

  #loaded(channel: DurableChannel): HostedChannel {
    if (this.#isClosed) {
      channel.close();
      throw new DeltawireError("going_away", "the server is closing", { channel: channel.name });
    }
    const { hosted } = channel;
    hosted.usedAt = this.#host.clock.now();
    this.#durable.set(channel.name, channel);
    this.#channels.set(channel.name, hosted);
    return hosted;
  }

  async #adopt(name: string): Promise<void> {
    await this.load(name);
    this.#durable.get(name)?.look();
  }

  /** The channel of a name. @throws DeltawireError `limit_exceeded`, `overloaded` */
  open(name: string): HostedChannel {
    const channel = this.#channels.get(name) ?? this.#make(name);
    channel.usedAt = this.#host.clock.now();
    return channel;
  }

  #make(name: string): HostedChannel {
    const match = this.#rules.match(name);
    if (this.#durability && !match?.demand) {
      const what = "the channel has just left the memory; try again";
      throw new DeltawireError("overloaded", what, { channel: name });
    }
    this.#makeRoomFor(name);
    const channel = match?.demand
      ? this.#onDemand.make(name, match.demand, match)
      : this.#inMemory(name);
    this.#channels.set(name, channel);
    return channel;
  }

  /** What is made on demand would be told of anew with each time that it is made: it is not. */
  #inMemory(name: string, demand?: Demand): HostedChannel {
    const { clock, times, statistics, weight } = this.#host;
    return channelInMemory(name, this.#randomId(), {
      clock,
      times,
      statistics,
      retention: this.#rules.match(name)?.retention,
      ...(weight !== undefined && { weight }),
      ...(demand && { demand }),
      onCompleted: (message) => {
        if (!demand) this.#completions.announce(name, message);
      },
    });
  }

  #makeRoomFor(name: string): void {
    if (name.length === 0 || name.length > LIMITS.max_id_length) {
      const what = `a channel's name has 1 to ${LIMITS.max_id_length} units (max_id_length)`;
      throw new DeltawireError("limit_exceeded", what, { channel: name });
    }
    const isFull = () => this.#channels.size + this.#loading.size >= this.#bound;
    if (isFull()) this.#makeRoom();
    if (isFull()) this.#onDemand.makeRoom();
    if (isFull()) {
      const what = `the server holds ${this.#bound} channels, and all of them are in use`;
      throw new DeltawireError("overloaded", what, { channel: name });
    }
  }

  /**
   * Asking for a channel is enough to make one: those that came to nothing go first. Where there is
   * none, the idle one that nobody has used for longest is forgotten: its next use begins another
   * epoch, which tells everybody that its history is lost; one that has a log comes back from there.
   */
  #makeRoom(): void {
    let oldest: HostedChannel | undefined;
    for (const channel of this.#channels.values()) {
      if (channel.isUnused) this.#forget(channel.name);
      else if (channel.isIdle && channel.usedAt < (oldest?.usedAt ?? Number.POSITIVE_INFINITY)) {
        oldest = channel;
      }
    }
    if (this.#channels.size < this.#bound || !oldest) return;
    if (this.#durability) void this.#release(oldest.name);
    else this.#forget(oldest.name);
  }

  #forget(name: string): void {
    const channel = this.#durable.get(name) ?? this.#channels.get(name);
    this.#durable.delete(name);
    this.#channels.delete(name);
    channel?.close();
  }

  #sweepLater(): void {
    const idle = this.#durability?.idle;
    if (idle === undefined || this.#isClosed) return;
    this.#cancelSweep = this.#host.clock.after(idle / 2, () => {
      const now = this.#host.clock.now();
      for (const channel of this.#channels.values()) {
        if (channel.isIdle && now - channel.usedAt >= idle) void this.#release(channel.name);
      }
      this.#sweepLater();
    });
  }

  /** Gives a channel that nobody uses back to its log and store. */
  async #release(name: string): Promise<void> {
    const channel = this.#durable.get(name);
    if (!channel) return;
    try {
      const isReleased = await channel.release();
      if (isReleased && this.#durable.get(name) === channel) this.#forget(name);
    } catch (error) {
      if (!(error instanceof DeltawireError)) this.#host.report(error);
    }
  }

  /**
   * Deletes a channel, wherever it is: whoever reads or writes it is told that it has ended.
   *
   * @throws what log and store throw, by rejection: it may be deleted in part, and is asked for again
   */
  async delete(name: string): Promise<void> {
    const hosted = await this.get(name);
    await hosted.run((engine) => engine.erase(DELETED));
    await this.#durability?.delete(name);
    hosted.end(deleted(name));
    this.#forget(name);
  }

  /** See `Server.history`. */
  async history(name: string, options: HistoryOptions): Promise<HistoryPage> {
    const { store } = this.#host.data ?? {};
    if (store && !this.#rules.match(name)?.demand) return storedPage(store, name, options);
    return pageOf((await this.get(name)).state, options);
  }

  /** What is now; looks at everyone who follows anything. */
  gauges(): Gauges {
    const all = new Set([...this.#channels.values(), ...this.#onDemand.hosted]);
    const channels = this.#channels.size;
    return { channels, ...gaugesOf(all), on_demand: this.#onDemand.gauges };
  }

  /** Brings everything to the store, and stops. */
  async close(): Promise<void> {
    this.#isClosed = true;
    this.#cancelSweep?.();
    this.#onDemand.close();
    await this.#durability?.close();
    for (const name of [...this.#channels.keys()]) this.#forget(name);
    await this.#durability?.end();
  }
}

/** Enough to tell incarnations and producers apart, and short, since both travel. */
export function randomId(): string {
  return Array.from(crypto.getRandomValues(new Uint8Array(8)), (byte) =>
    (byte & 31).toString(32),
  ).join("");
}
