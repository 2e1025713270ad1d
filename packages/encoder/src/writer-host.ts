import type { ChannelState } from "@deltawire/protocol/state";
import type { ChangesFrame, JsonObject, ProduceFrame } from "@deltawire/spec";
import type { Clock } from "./clock.js";

/** What a message begins with. */
export interface WriteOptions {
  /** Who speaks. @default "assistant" */
  readonly role?: string;
  /** What kind of message it is, in the application's own words. */
  readonly kind?: string;
  readonly attributes?: JsonObject;
  /**
   * Begin again where the message has ended: the next generation after the last one that is known
   * here. One that neither this writer nor a reader of the channel knows of is refused, as
   * `stale_generation` or `message_removed`; each attempt after that names one more.
   *
   * @default false
   */
  readonly reopen?: boolean;
}

/** What a {@link ChannelWriter} needs from whoever drives it. */
export interface WriterHost {
  readonly clock: Clock;
  /**
   * Takes frames on, in order, as soon as they are due.
   *
   * @param after the state after the first one, where that replaces what was lost and goes as
   *   `codec.encode(frame, after)`
   */
  send(frames: readonly ChangesFrame[], after?: ChannelState): void;
  /** Who writes, for {@link produce}. */
  readonly identity?: { readonly producer: string; readonly instance?: string };
  /**
   * Asks for an attachment, on the connection that is there. With this and an identity a writer
   * begins without a connection; any other one is attached from the beginning.
   */
  produce?(frame: ProduceFrame): void;
  /** Ids of events that state none: of which no other one is the same. */
  randomId?(): string;
  /** Events that make a frame due. @default 10; none where a throttle is given */
  readonly batch?: number;
  /** Somebody has asked for the signal of a message: the command `stop` is to come here. */
  watched?(): void;
  /** The generation of a message, where the channel is read as well. */
  generationOf?(id: string): number | undefined;
}
