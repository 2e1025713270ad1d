import type { Clock } from "@deltawire/encoder";
import type { Message } from "@deltawire/protocol";
import { ChannelRetention } from "./channel-retention.js";
import { ChannelEngine } from "./engine/channel-engine.js";
import { LEASE_TIMES, type LeaseTimes } from "./engine/leases.js";
import type { Outcome } from "./engine/outcome.js";
import type { RetentionBounds } from "./engine/retention.js";
import { HostedChannel } from "./hosted-channel.js";
import type { Demand } from "./hosted-channel-host.js";
import { type JournalHost, MemoryJournal } from "./journal.js";
import { Statistics } from "./statistics.js";

/** What a channel in memory is made with. */
export interface MemoryChannelOptions {
  readonly clock: Clock;
  readonly times?: LeaseTimes;
  readonly statistics?: Statistics;
  /** See {@link ChannelEncoding}. */
  readonly weight?: number;
  /** What it keeps of messages that have ended. @default everything */
  readonly retention?: RetentionBounds | undefined;
  /** There where it is made on demand. */
  readonly demand?: Demand;
  onCompleted(message: Message): void;
}

/** A channel that is in this process's memory, and nowhere else. */
export function channelInMemory(
  name: string,
  epoch: string,
  options: MemoryChannelOptions,
): HostedChannel {
  const { clock, times = LEASE_TIMES, weight, demand, onCompleted } = options;
  const now = () => clock.now();
  const statistics = options.statistics ?? new Statistics({ now, afterWrites: (run) => run() });
  const engine = new ChannelEngine(name, epoch, times);
  const retention =
    options.retention &&
    new ChannelRetention(options.retention, {
      ...{ clock, engine, now, isHeld: () => false },
      run: (operation) => channel.run(operation),
    });
  const host = {
    clock,
    statistics,
    lease: times.lease,
    now,
    ...(weight !== undefined && { weight }),
    ...(demand && { demand }),
    happened: ({ ended, frames }: Outcome) => {
      engine.hooked(ended); // nobody else asks what became of them
      for (const message of ended) onCompleted(message);
      if (frames.length > 0) retention?.changed();
    },
    closed: () => retention?.close(),
  };
  const journal = (tell: JournalHost) => new MemoryJournal(engine, clock, tell);
  const channel = new HostedChannel(name, host, journal);
  return channel;
}
