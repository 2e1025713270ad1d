import type { ChannelState } from "@deltawire/protocol/state";
import type { ChangesFrame } from "@deltawire/spec";

/** A frame without what it says of messages before the window. */
export function inWindow(state: ChannelState, frame: ChangesFrame): ChangesFrame {
  const added = new Set<string>();
  const changes = frame.changes.filter((change) => {
    if (change.type === "message_added") added.add(change.id);
    return !("id" in change) || added.has(change.id) || state.message(change.id) !== undefined;
  });
  return { ...frame, changes };
}
