import type { Clock } from "@deltawire/encoder";
import type { Message } from "@deltawire/protocol";
import { DeltawireError, LIMITS } from "@deltawire/spec";
import { channelInMemory } from "./channel-in-memory.js";
import type { LeaseTimes } from "./engine/leases.js";
import type { HostedChannel } from "./hosted-channel.js";
import type { Gauges, Statistics } from "./statistics.js";

/** Channels that a server holds in memory. */
const MAX_CHANNELS = 10_000;

/** What {@link HostedChannels} need of their server. */
export interface ChannelsHost {
  readonly clock: Clock;
  readonly statistics: Statistics;
  readonly times: LeaseTimes;
  onCompleted(channel: string, message: Message): void;
}

/** The channels of a server, by name. */
export class HostedChannels {
  readonly #host: ChannelsHost;
  readonly #bound: number;
  readonly #channels = new Map<string, HostedChannel>();

  /** @param bound how many there are at most */
  constructor(host: ChannelsHost, bound: number = MAX_CHANNELS) {
    this.#host = host;
    this.#bound = bound;
  }

  /** The channel of a name. @throws DeltawireError `limit_exceeded`, `overloaded` */
  open(name: string): HostedChannel {
    const channel = this.#channels.get(name) ?? this.#make(name);
    channel.usedAt = this.#host.clock.now();
    return channel;
  }

  #make(name: string): HostedChannel {
    if (name.length === 0 || name.length > LIMITS.max_id_length) {
      const what = `a channel's name has 1 to ${LIMITS.max_id_length} units (max_id_length)`;
      throw new DeltawireError("limit_exceeded", what, { channel: name });
    }
    if (this.#channels.size >= this.#bound) this.#makeRoom();
    if (this.#channels.size >= this.#bound) {
      const what = `the server holds ${this.#bound} channels, and all of them are in use`;
      throw new DeltawireError("overloaded", what, { channel: name });
    }
    const { clock, times, statistics } = this.#host;
    const onCompleted = (message: Message) => this.#host.onCompleted(name, message);
    const channel = channelInMemory(name, randomId(), { clock, times, statistics, onCompleted });
    this.#channels.set(name, channel);
    return channel;
  }

  /**
   * Asking for a channel is enough to make one: those that came to nothing go first. Where there is
   * none, the idle one that nobody has used for longest is forgotten: its next use begins another
   * epoch, which tells everybody that its history is lost.
   */
  #makeRoom(): void {
    let oldest: HostedChannel | undefined;
    for (const channel of this.#channels.values()) {
      if (channel.isUnused) this.#forget(channel);
      else if (channel.isIdle && channel.usedAt < (oldest?.usedAt ?? Number.POSITIVE_INFINITY)) {
        oldest = channel;
      }
    }
    if (this.#channels.size >= this.#bound && oldest) this.#forget(oldest);
  }

  #forget(channel: HostedChannel): void {
    channel.close();
    this.#channels.delete(channel.name);
  }

  /** What is now; looks at everyone who follows anything. */
  gauges(): Gauges {
    let consumers = 0;
    let versions = 0;
    for (const channel of this.#channels.values()) {
      for (const { lag, isLocal } of channel.subscriptions) {
        if (isLocal || lag === 0) continue;
        consumers += 1;
        versions = Math.max(versions, lag);
      }
    }
    return { channels: this.#channels.size, behind: { consumers, versions } };
  }

  /** Stops their timers. */
  close(): void {
    for (const channel of this.#channels.values()) channel.close();
  }
}

/** Enough to tell incarnations and producers apart, and short, since both travel. */
export function randomId(): string {
  return Array.from(crypto.getRandomValues(new Uint8Array(8)), (byte) =>
    (byte & 31).toString(32),
  ).join("");
}
