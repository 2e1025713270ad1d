import type { ChannelState, Message } from "@deltawire/protocol";
import type { Change } from "@deltawire/spec";

/** By how much changes raise the number of open parts. */
export function opened(
  changes: readonly Change[],
  before: ChannelState,
  next: ChannelState,
): number {
  if (changes.every(isOfContent)) return 0;
  let sum = 0;
  for (const id of new Set(changes.map((change) => ("id" in change ? change.id : "")))) {
    sum += openParts(next.message(id)) - openParts(before.message(id));
  }
  return sum;
}

/** Whether a change leaves the parts that are there what they are, but for their content. */
const isOfContent = (change: Change): boolean =>
  change.type === "message_patch" &&
  (change.parts ?? []).every(({ type }) => type !== "part_inserted" && type !== "part_removed");

const openParts = (message: Message | undefined): number =>
  message && !message.isFinal ? message.parts.length : 0;

/** Parts of a channel's open messages. */
export const openPartsOf = (state: ChannelState): number =>
  state.messages.reduce((sum, message) => sum + openParts(message), 0);
