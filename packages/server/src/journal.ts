import type { Clock } from "@deltawire/encoder";
import type { DeltawireError } from "@deltawire/spec";
import type { ChannelEngine } from "./engine/channel-engine.js";
import type { Outcome } from "./engine/outcome.js";

/** Something that is decided about a channel: it may throw what makes it impossible. */
export type Operation<T> = (engine: ChannelEngine) => T;

/** What a {@link Journal} tells its channel. */
export interface JournalHost {
  /** What was decided, here or by another server, is so for good. */
  committed(outcome: Outcome, isOwn: boolean): void;
  /** The channel is another one, or far ahead: who follows it has to be brought there anew. */
  adopted(): void;
  /** Nothing can be done with the channel any more: it was deleted, or cannot be read. */
  ended(error: DeltawireError): void;
}

/** Where the decisions about a channel are made, one after the other. */
export interface Journal {
  /** The channel as it is for good. */
  readonly engine: ChannelEngine;
  /** Whether more waits to be decided than should. */
  readonly isCongested: boolean;
  /** Whether nothing waits. */
  readonly isIdle: boolean;
  /**
   * Decides something. At once where the channel is in memory alone; else once the log has it, as a
   * promise. An operation that another server was faster than is run again.
   *
   * @param done called with the result before anybody is told what it came to
   * @throws what the operation throws, at once or by rejection
   */
  run<T>(operation: Operation<T>, done?: (value: T) => void): T | Promise<T>;
  /** Resolves once it is known what other servers have decided until now, or cannot be. */
  sync?(): Promise<void>;
  /** Nothing is decided any more. */
  close(): void;
}

/** Decides in memory, at once. */
export class MemoryJournal implements Journal {
  readonly engine: ChannelEngine;
  readonly isCongested = false;
  readonly isIdle = true;
  readonly #clock: Clock;
  readonly #host: JournalHost;

  constructor(engine: ChannelEngine, clock: Clock, host: JournalHost) {
    this.engine = engine;
    this.#clock = clock;
    this.#host = host;
  }

  run<T>(operation: Operation<T>, done?: (value: T) => void): T {
    this.engine.now = this.#clock.now();
    const value = operation(this.engine);
    const outcome = this.engine.drain();
    done?.(value);
    this.#host.committed(outcome, true);
    return value;
  }

  close(): void {}
}
