import type { ReaderHost } from "@deltawire/decoder";
import type { ChannelState } from "@deltawire/protocol/state";
import type { Frame } from "@deltawire/spec";
import type { Platform } from "./platform.js";
import type { WireStatus } from "./status.js";

/** What a `ReadChannel` needs of its connection. */
export interface ChannelHost {
  readonly platform: Platform;
  /** As the platform's, but one notification for all channels. */
  notify(run: () => void): void;
  /** See `ReaderHost.composing`. */
  readonly composing: ReaderHost["composing"];
  readonly link: {
    /** Whether frames go out; `connected` is called when they do again. */
    readonly isOpen: boolean;
    /** Connects, if nobody has asked for that before. */
    need(): void;
    /** Sends a frame, or drops it while there is no connection. */
    send(frame: Frame, after?: ChannelState): void;
  };
  /**
   * Whether somebody reads a channel is another one. Of those that nobody reads some are kept, and
   * `forget` is called for the others: the same function each time.
   */
  read(forget: () => void, isRead: boolean): void;
  status(): WireStatus;
  /** Whether the channel is caught up may have changed. */
  changed(): void;
}

/** What a `Channel` needs of its connection. */
export interface WriteHost extends ChannelHost {
  readonly producer: string;
  /** The program run that writes by the producer's id. */
  readonly instance: string;
}
