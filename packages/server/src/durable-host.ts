import type { Clock } from "@deltawire/encoder";
import type { Completions } from "./completions.js";
import type { LeaseTimes } from "./engine/leases.js";
import type { RetentionBounds } from "./engine/retention.js";
import type { Log } from "./log.js";
import type { Presence } from "./presence.js";
import type { Statistics } from "./statistics.js";
import type { Store } from "./store.js";
import type { WriteBehind } from "./write-behind.js";

/** What a `DurableChannel` needs of its server. */
export interface DurableHost {
  readonly clock: Clock;
  readonly statistics: Statistics;
  readonly times: LeaseTimes;
  /** The log, and who lives that uses it; absent where channels are in a store alone. */
  readonly shared?: { readonly log: Log; readonly presence: Presence };
  readonly store?: Store | undefined;
  readonly writeBehind?: WriteBehind | undefined;
  readonly completions: Completions;
  /** What a channel keeps of messages that have ended. */
  retentionOf?(channel: string): RetentionBounds | undefined;
  /** See `ChannelEncoding`. */
  readonly weight?: number;
  randomId(): string;
  report(error: unknown): void;
  /** The log, or the store, could not be asked; or can again (undefined). */
  reached(part: "log" | "store", error: unknown): void;
  /** Nothing can be done with a channel any more. */
  ended(channel: string): void;
}
