import { DeltawireError } from "@deltawire/spec";
import { DurableChannel } from "./durable-channel.js";
import type { DurableHost } from "./durable-host.js";
import { checkRetention, type RetentionBounds } from "./engine/retention.js";
import type { Log } from "./log.js";
import { isEmpty } from "./log-contents.js";
import { Presence } from "./presence.js";
import type { Store } from "./store.js";
import { WriteBehind } from "./write-behind.js";

/** Milliseconds that what is to be saved is waited for when the server closes. */
const CLOSING = 10_000;

/** Milliseconds after which no save of a channel is on its way that was deleted. */
const LATE = 2000;

/** Milliseconds without use after which a channel is given back to its log. */
const IDLE = 60_000;

/** Channels with unfinished work that are taken over at a time. */
const MAX_ADOPTIONS = 16;

/**
 * Where the channels of a server survive it: `level()` is all of it for one server, `redisLog()` a log
 * and `postgresStore()` a store for many. docs/durability.md says what survives what.
 */
export interface Data {
  /**
   * The order of what happens to each channel, for this server or for all that share it.
   *
   * @default in memory: what is acknowledged does not outlive the server
   */
  readonly log?: Log;
  /** What the messages of each channel are, for good, behind the stream. @default the log alone */
  readonly store?: Store;
  /** What a channel keeps of messages that have ended. @default everything */
  readonly retention?: RetentionBounds;
  /** Milliseconds without use after which a channel leaves the memory for its log. @default 60,000 */
  readonly idle?: number;
  /** Closes log and store, where they are this server's alone: called once it has closed. */
  close?(): Promise<void>;
}

/** What {@link Durability} needs of its server. */
export interface DurabilityHost extends Omit<DurableHost, "shared" | "store" | "writeBehind"> {
  /** This server's id, unlike any other's. */
  readonly server: string;
  /** From 0 to 1. */
  random(): number;
  /** The channels that are loaded. */
  channels(): Iterable<DurableChannel>;
  /** Loads a channel that nobody sees to. */
  adopt(channel: string): Promise<unknown>;
}

/** What lets the channels of a server outlive it. */
export class Durability {
  /** Milliseconds without use after which a channel is given back; none where it would be lost. */
  readonly idle: number | undefined;
  readonly #data: Data;
  readonly #host: DurabilityHost;
  readonly #channel: DurableHost;
  readonly #presence: Presence | undefined;
  readonly #writeBehind: WriteBehind | undefined;
  readonly #orphans = new Set<string>();
  #adopting = 0;

  /** @throws RangeError where a bound of its retention is out of its range */
  constructor(data: Data, host: DurabilityHost) {
    checkRetention(data.retention, "data.retention");
    this.#data = data;
    this.#host = host;
    const { clock, random, reached } = host;
    const { log, store, retention } = data;
    this.idle = log ? (data.idle ?? IDLE) : undefined;
    this.#writeBehind =
      store &&
      new WriteBehind(store, {
        clock,
        random,
        onFailing: (error) => reached("store", error),
        onRecovered: () => reached("store", undefined),
      });
    this.#presence =
      log &&
      new Presence({
        clock,
        log,
        server: host.server,
        kept: () => [...host.channels()].filter((one) => one.isKept).map(({ name }) => name),
        orphaned: (channels) => this.#adopt(channels),
        renewed: () => {
          for (const channel of host.channels()) channel.look();
        },
        reached: (error) => reached("log", error),
      });
    this.#channel = {
      ...host,
      ...(log && this.#presence && { shared: { log, presence: this.#presence } }),
      store,
      writeBehind: this.#writeBehind,
      retentionOf: (channel) => host.retentionOf?.(channel) ?? retention,
    };
  }

  /** What an acknowledgement survives. */
  get durability(): "memory" | "disk" | "shared" {
    return this.#data.log?.durability ?? "memory";
  }

  /** Begins to look after what servers have left that are gone. */
  start(): void {
    this.#presence?.ready().catch(() => undefined); // closed before the log could be asked
  }

  /** The channel of a name. @throws DeltawireError by rejection */
  load(name: string): Promise<DurableChannel> {
    return DurableChannel.load(name, this.#channel);
  }

  #adopt(channels: readonly string[]): void {
    for (const channel of channels) this.#orphans.add(channel);
    for (const channel of this.#orphans) {
      if (this.#adopting >= MAX_ADOPTIONS) return;
      this.#orphans.delete(channel);
      this.#adopting += 1;
      this.#host
        .adopt(channel)
        .catch((error) => {
          if (!(error instanceof DeltawireError)) this.#host.report(error); // it is named again
        })
        .finally(() => {
          this.#adopting -= 1;
          this.#adopt([]);
        });
    }
  }

  /** Deletes what log and store have of a channel. @throws what they throw, by rejection */
  async delete(channel: string): Promise<void> {
    const { log, store } = this.#data;
    this.#writeBehind?.drop(channel);
    await log?.delete(channel);
    await this.#writeBehind?.answered();
    await store?.delete(channel);
    if (log && store) this.#deleteAgain(channel, log, store);
  }

  /** A save of the server that saw to it may have been on its way. */
  #deleteAgain(channel: string, log: Log, store: Store): void {
    const again = async () => {
      if (isEmpty(await log.read(channel))) await store.delete(channel);
    };
    this.#host.clock.after(LATE, () => {
      again().catch((error) => this.#host.reached("store", error));
    });
  }

  /** Brings everything to the store, and leaves the channels to other servers. */
  async close(): Promise<void> {
    await this.#writeBehind?.flush(undefined, CLOSING);
    const { clock, completions } = this.#host;
    const late = new Promise<void>((resolve) => clock.after(CLOSING / 2, resolve));
    await Promise.race([completions.close(), late]);
    this.#writeBehind?.close();
    await this.#presence?.close();
  }

  /** Closes what was made for this server alone. */
  async end(): Promise<void> {
    await this.#data.close?.();
  }
}
