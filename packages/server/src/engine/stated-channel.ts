import { ChannelState, Message } from "@deltawire/protocol";
import type { MessageSnapshot } from "@deltawire/spec";
import type { StatedChannel } from "./entry.js";

/** The state that is stated; of every message that is stated whole. */
export function stateOf({ epoch, seq, attributes, closed, messages }: StatedChannel): ChannelState {
  const whole = messages.filter((stated): stated is MessageSnapshot => !("stored" in stated));
  return ChannelState.of(epoch, {
    seq,
    attributes,
    messages: whole.map((message) => Message.of(message)),
    ...(closed && { closed }),
  });
}
