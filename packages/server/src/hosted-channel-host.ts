import type { Clock } from "@deltawire/encoder";
import { DeltawireError } from "@deltawire/spec";
import type { Outcome } from "./engine/outcome.js";
import type { Statistics } from "./statistics.js";

/** What a channel that is made on demand asks of, and tells to, whoever makes it. */
export interface Demand {
  /** The only one who writes it. */
  readonly producer: string;
  /** Whether it is not to be forgotten by others. */
  readonly isHeld: boolean;
  /** One more reads it. */
  followed(): void;
  /** One of them reads it no more. */
  left(): void;
  /** Something was written to it. */
  changed(): void;
  /** Nothing can be done with it any more. */
  closed(): void;
}

/** What a {@link HostedChannel} needs of its server. */
export interface HostedChannelHost {
  readonly clock: Clock;
  readonly statistics: Statistics;
  /** Milliseconds that a producer that is gone is waited for. */
  readonly lease: number;
  /** This server, where there are several. */
  readonly server?: string | undefined;
  /** Milliseconds of the clock that the channel's entries are timed by. */
  now(): number;
  /** See `ChannelEncoding`. */
  readonly weight?: number;
  /** What has happened to the channel, once everybody here was told. */
  happened(outcome: Outcome): void;
  /** The channel is another one by now, or far ahead. */
  adopted?(): void;
  /** Nothing can be done with it any more. */
  ended?(): void;
  /** Its timers have stopped. */
  closed?(): void;
  /** There where it is made on demand. */
  readonly demand?: Demand;
}

/** Somebody else is about to write a channel that is made on demand. */
export const madeHere = (channel: string): DeltawireError =>
  new DeltawireError("forbidden", "the server makes this channel; nobody else writes it", {
    channel,
  });
