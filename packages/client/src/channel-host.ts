import type { ReaderHost } from "@deltawire/decoder";
import type { History } from "@deltawire/decoder/history";
import type { CommandCalls } from "@deltawire/encoder/commands";
import type { ChannelState } from "@deltawire/protocol/state";
import type { Frame } from "@deltawire/spec";
import type { Platform } from "./platform.js";
import type { WireStatus } from "./status.js";

/** What is kept of a channel by its wire. */
export interface KeptChannel {
  /** Lets go of the state, unless somebody reads. */
  forget(): void;
}

/** What a `ReadChannel` needs of its connection. */
export interface ChannelHost {
  readonly platform: Platform;
  /** As the platform's, but one notification for all channels. */
  notify(run: () => void): void;
  /** See `ReaderHost.composing`. */
  readonly composing: ReaderHost["composing"];
  /** What asks for commands, or the promise of it: only who calls `command` needs it. */
  commanding(): typeof CommandCalls | Promise<typeof CommandCalls>;
  /** What asks for earlier messages, likewise. */
  paging(): typeof History | Promise<typeof History>;
  readonly link: {
    /** Whether frames go out; `connected` is called when they do again. */
    readonly isOpen: boolean;
    /** Sends a frame, or drops it while there is no connection. */
    send(frame: Frame, after?: ChannelState): void;
  };
  /** Connects, if nobody has asked for that before; whoever asks stays as long as the wire does. */
  use(channel: KeptChannel): void;
  /** Somebody observes a channel: it stays until that is called which this returns. */
  observe(channel: KeptChannel): () => void;
  /** Somebody reads a channel: connects, and it stays until it is left. */
  read(channel: KeptChannel): void;
  /** Nobody reads it any more: it is kept for a while, then its state is forgotten. */
  leave(channel: KeptChannel): void;
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
