import type { ChannelState } from "@deltawire/protocol";

/** States do not change, so each is looked through once. */
const KNOWN = new WeakMap<ChannelState, boolean>();

/** Whether a channel has a message that may still change. */
export function hasOpenMessages(state: ChannelState): boolean {
  let isOpen = KNOWN.get(state);
  if (isOpen === undefined) {
    isOpen = !state.closed && state.messages.some(({ isFinal }) => !isFinal);
    KNOWN.set(state, isOpen);
  }
  return isOpen;
}
