import type { Change } from "@deltawire/spec";
import type { ChannelReplica } from "./channel-replica.js";
import type { BegunEntry, StatedChannel } from "./entry.js";

/** What a log is given that has lost a part of its history. */
export interface CarriedOver {
  /** The incarnation that has to begin, where the log's is of the same name and another history. */
  readonly begins?: Omit<BegunEntry, "type">;
  readonly changes: readonly Change[];
}

/**
 * What a server has that a log has lost: the messages that had ended. Their producers do not have
 * them any more; those that are open their producers state anew.
 *
 * @param mine the channel as this server knew it
 * @param theirs the channel as the log has it
 * @param epoch a name for the incarnation that has to begin, if one has
 */
export function carryOver(
  mine: ChannelReplica,
  theirs: ChannelReplica,
  epoch: string,
): CarriedOver {
  const { state } = theirs;
  const token = Math.max(mine.token, theirs.token);
  const begin = (channel: ChannelReplica) => ({
    channel: { ...stated(channel), epoch },
    token,
    pending: [...channel.pending].map(([id, generation]) => ({ id, generation })),
  });
  if (state.epoch === "") return { begins: begin(mine), changes: [] };
  const changes: Change[] = [];
  for (const message of mine.state.messages) {
    const other = state.message(message.id);
    const isThere = other && (other.generation > message.generation || isSame(other, message));
    if (!message.isFinal || isThere || theirs.isRemoved(message.id, message.generation)) continue;
    changes.push({ type: "message_added", ...message.content() }, message.completion());
  }
  return state.epoch === mine.state.epoch ? { begins: begin(theirs), changes } : { changes };
}

const isSame = (
  one: { readonly generation: number; readonly isFinal: boolean },
  other: { readonly generation: number },
): boolean => one.generation === other.generation && one.isFinal;

function stated({ state }: ChannelReplica): StatedChannel {
  return {
    epoch: state.epoch,
    seq: state.seq,
    attributes: state.attributes,
    ...(state.closed && { closed: state.closed }),
    messages: state.messages.map((message) => message.snapshot()),
  };
}
