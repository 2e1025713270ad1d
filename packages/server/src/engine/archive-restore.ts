import { apply, ChannelState, Message } from "@deltawire/protocol";
import type { StoredChannel, StoredMessage } from "../store.js";

/** A patch that does not apply to the message that it was saved for. */
interface DroppedPatch {
  readonly message: string;
  /** The version that it leads to. */
  readonly seq: number;
  /** Why it does not apply. */
  readonly error: unknown;
}

/** What a store has of a channel, and the state that it comes to. */
export interface Restored {
  readonly stored: StoredChannel;
  readonly state: ChannelState;
  /**
   * The first patch of a message that does not apply: it and those after it are left out. Empty
   * unless a store has lost or changed something.
   */
  readonly dropped: readonly DroppedPatch[];
}

/**
 * The state of a channel that a store has, by the reducer that made it.
 *
 * @throws TypeError where a message is none
 */
export function restore(stored: StoredChannel): Restored {
  const { epoch, seq, attributes, closed } = stored;
  const dropped: DroppedPatch[] = [];
  const messages = stored.messages.map((message) => restoreMessage(message, dropped));
  const state = ChannelState.of(epoch, { seq, attributes, messages, ...(closed && { closed }) });
  return { stored, state, dropped };
}

function restoreMessage({ message, patches }: StoredMessage, dropped: DroppedPatch[]): Message {
  let restored = Message.of(message);
  for (const { seq, changes } of patches) {
    try {
      const before = ChannelState.of("", { messages: [restored] });
      const frame = { type: "changes", channel: "", from: 0, to: 0, changes } as const;
      restored = apply(before, frame).message(message.id) ?? restored;
    } catch (error) {
      dropped.push({ message: message.id, seq, error });
      break;
    }
  }
  return restored;
}
