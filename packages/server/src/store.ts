import type { Change, Closure, JsonObject, MessageSnapshot } from "@deltawire/spec";

/** A message as a store holds it: as it was saved whole, and what was saved of it since. */
export interface StoredMessage {
  /** Orders the channel's messages. */
  readonly order: number;
  /** The channel's version that the whole is of. */
  readonly seq: number;
  readonly message: MessageSnapshot;
  /** Later changes to it, in order; none of a message that has ended. */
  readonly patches: readonly StoredPatch[];
}

/** Changes to one message, and the channel's version that they lead to. */
export interface StoredPatch {
  readonly seq: number;
  readonly changes: readonly Change[];
}

/** A channel but for its messages. */
export interface StoredHead {
  /** The incarnation that `seq` counts in. */
  readonly epoch: string;
  readonly seq: number;
  readonly attributes: JsonObject;
  readonly closed?: Closure;
}

/** A channel as a store holds it. */
export interface StoredChannel extends StoredHead {
  /** In order. */
  readonly messages: readonly StoredMessage[];
}

/** What is to be saved of a message: all of it, or what has changed since it was saved at `since`. */
export type MessageSave =
  | {
      readonly type: "whole";
      readonly order: number;
      readonly message: MessageSnapshot;
    }
  | {
      readonly type: "patch";
      readonly id: string;
      /** The version at which it was saved last, whole or by a patch. */
      readonly since: number;
      readonly changes: readonly Change[];
    };

/** What is to be saved of a channel, at the version that it states. */
export interface ChannelSave extends StoredHead {
  readonly channel: string;
  readonly messages: readonly MessageSave[];
  /** Ids of messages that are there no more. */
  readonly removed: readonly string[];
}

/** What became of a save: it is there, or the store has something else than the save goes on from. */
export type SaveAnswer = "saved" | "conflict";

/** Where a page of messages ends, and how long it is. */
export interface StorePage {
  /** The order that all of its messages come before. */
  readonly before: number;
  /** Messages at most. */
  readonly limit: number;
}

/**
 * The store: what a channel's messages are, for good. The log is ahead of it: a server saves behind
 * the stream, a few times a second, what has changed since the last time.
 *
 * A call that rejects may have happened or not; the server saves again, whole where it cannot know,
 * and holds what is not saved in the log meanwhile.
 */
export interface Store {
  /** A channel; undefined where nothing was ever saved of it. */
  load(channel: string): Promise<StoredChannel | undefined>;

  /**
   * Saves what has changed in some channels. Each channel is saved wholly or not at all; one that
   * conflicts leaves the others alone. A conflict is: the same epoch at a later version, or a patch
   * to a message that is not there at `since`. What is saved again is saved once. In another epoch a
   * channel's versions begin again: messages that were saved in the one before are there until they
   * are saved whole or removed, and no patch goes on from them.
   *
   * @returns an answer for each, in order
   */
  save(saves: readonly ChannelSave[]): Promise<readonly SaveAnswer[]>;

  /** Messages before a place, the last ones, in order. */
  page(channel: string, page: StorePage): Promise<readonly StoredMessage[]>;

  /** Deletes a channel and its messages. */
  delete(channel: string): Promise<void>;
}
