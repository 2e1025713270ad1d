import type { Clock } from "@deltawire/encoder";
import type { Message } from "@deltawire/protocol";
import { DeltawireError, LIMITS } from "@deltawire/spec";
import type { LeaseTimes } from "./engine/leases.js";
import { HostedChannel } from "./hosted-channel.js";
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
  readonly #channels = new Map<string, HostedChannel>();

  constructor(host: ChannelsHost) {
    this.#host = host;
  }

  /** The channel of a name. @throws DeltawireError `limit_exceeded`, `overloaded` */
  open(name: string): HostedChannel {
    const open = this.#channels.get(name);
    if (open) return open;
    if (name.length === 0 || name.length > LIMITS.max_id_length) {
      const what = `a channel's name has 1 to ${LIMITS.max_id_length} units (max_id_length)`;
      throw new DeltawireError("limit_exceeded", what, { channel: name });
    }
    if (this.#channels.size >= MAX_CHANNELS) this.#forgetUnused();
    if (this.#channels.size >= MAX_CHANNELS) {
      const what = `the server holds ${MAX_CHANNELS} channels and has no room for another one`;
      throw new DeltawireError("overloaded", what, { channel: name });
    }
    const { clock, times, statistics } = this.#host;
    const onCompleted = (message: Message) => this.#host.onCompleted(name, message);
    const channel = new HostedChannel(name, randomId(), clock, onCompleted, times, statistics);
    this.#channels.set(name, channel);
    return channel;
  }

  /** Asking for a channel is enough to make one: those that came to nothing make room. */
  #forgetUnused(): void {
    for (const [name, channel] of this.#channels) {
      if (channel.isUnused) this.#channels.delete(name);
    }
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
