import type { Clock } from "@deltawire/encoder";
import type { Message } from "@deltawire/protocol";
import type { ChannelEngine } from "./engine/channel-engine.js";
import type { Entry, StatedChannel } from "./engine/entry.js";
import type { LeaseTimes } from "./engine/leases.js";
import type { JournalHost } from "./journal.js";
import type { Log } from "./log.js";
import type { Resolve } from "./log-reader.js";
import type { Presence } from "./presence.js";

/** What a `SharedJournal` needs beside its channel. */
export interface SharedHost extends JournalHost {
  readonly clock: Clock;
  readonly log: Log;
  readonly presence: Presence;
  readonly times: LeaseTimes;
  /** What the channel is where the log has nothing of it: what the store has, or nothing. */
  initial(): Promise<StatedChannel>;
  /** Entries for the log: of what {@link initial} has said it refers to what the store has. */
  refer(entries: readonly Entry[]): readonly Entry[];
  readonly resolve: Resolve;
  /** What the engine decides beside what it is asked to, before a batch. */
  prepare(draft: ChannelEngine): void;
  /** Whether the store has a message as it is: then the log need not. */
  isStored(message: Message): boolean;
  /** The log could not be asked, or can again. */
  reached(error: unknown): void;
  report(error: unknown): void;
  randomId(): string;
}
