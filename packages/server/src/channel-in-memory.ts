import type { Clock } from "@deltawire/encoder";
import type { Message } from "@deltawire/protocol";
import { ChannelEngine } from "./engine/channel-engine.js";
import { LEASE_TIMES, type LeaseTimes } from "./engine/leases.js";
import type { Outcome } from "./engine/outcome.js";
import { HostedChannel } from "./hosted-channel.js";
import { MemoryJournal } from "./journal.js";
import { Statistics } from "./statistics.js";

/** What a channel in memory is made with. */
export interface MemoryChannelOptions {
  readonly clock: Clock;
  readonly times?: LeaseTimes;
  readonly statistics?: Statistics;
  /** See {@link ChannelEncoding}. */
  readonly weight?: number;
  onCompleted(message: Message): void;
}

/** A channel that is in this process's memory, and nowhere else. */
export function channelInMemory(
  name: string,
  epoch: string,
  options: MemoryChannelOptions,
): HostedChannel {
  const { clock, times = LEASE_TIMES, weight, onCompleted } = options;
  const now = () => clock.now();
  const statistics = options.statistics ?? new Statistics({ now, afterWrites: (run) => run() });
  const engine = new ChannelEngine(name, epoch, times);
  const host = {
    clock,
    statistics,
    lease: times.lease,
    now,
    ...(weight !== undefined && { weight }),
    happened: ({ ended }: Outcome) => {
      engine.hooked(ended); // nobody else asks what became of them
      for (const message of ended) onCompleted(message);
    },
  };
  return new HostedChannel(name, host, (journal) => new MemoryJournal(engine, clock, journal));
}
