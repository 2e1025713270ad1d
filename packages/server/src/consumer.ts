import type { SharedFrame } from "@deltawire/protocol";
import type { ErrorFrame, HistoryPageFrame, SubscribedFrame } from "@deltawire/spec";
import type { Principal } from "./access.js";
import type { FrameTaker } from "./channel-encoding.js";

/** A subscription, as its consumer sees it. */
interface Followed {
  readonly channel: { readonly name: string };
  /** The number of its latest `subscribe`. */
  readonly request: number;
  /** Sends the next of what is to be sent; returns whether there is more. */
  step(): boolean;
}

/** One who follows channels: a connection, or a reader in this process. */
export interface Consumer extends FrameTaker {
  /** Whether it has enough to read for now. */
  readonly isCongested: boolean;
  /** Whether it is in this process: what goes there is no traffic, and is not counted. */
  readonly isLocal?: boolean;
  /** Who reads; absent for the server itself. */
  readonly principal?: Principal;
  send(frame: SubscribedFrame | HistoryPageFrame | ErrorFrame): void;
  /** Whether a message can carry the frame. */
  fits(frame: SharedFrame): boolean;
  /** @param isCompressed whether its compressed form is meant, where it has one */
  deliver(frame: SharedFrame, isCompressed: boolean): void;
  /** A subscription has something to send: calls {@link Followed.step} as it reads. */
  pace(subscription: Followed): void;
  /** A subscription cannot go on. */
  fail(subscription: Followed, error: unknown): void;
  /** A subscription has nothing more to send, ever: it has ended, and nobody is told. */
  release?(subscription: Followed): void;
}
