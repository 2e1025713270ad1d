import type { ChannelState } from "@deltawire/protocol";
import type { MessageSnapshot, SnapshotFrame } from "@deltawire/spec";

/** Size of messages at which a frame is full, by the size rule; one message is not cut. */
const FULL = 256 * 1024;

/** The frames that state a channel. */
export function* snapshotsOf(
  channel: string,
  state: ChannelState,
  request: number,
): Generator<SnapshotFrame> {
  const { epoch, seq, attributes, closed, earlier } = state;
  const head = { type: "snapshot", channel, request, epoch, seq } as const;
  let messages: MessageSnapshot[] = [];
  let size = 0;
  let rest: Partial<SnapshotFrame> = {
    attributes,
    ...(closed && { closed }),
    ...(earlier > 0 && { earlier }),
  };
  for (const message of state.messages) {
    if (size > FULL) {
      yield { ...head, more: true, ...rest, messages };
      rest = {};
      messages = [];
      size = 0;
    }
    messages.push(message.snapshot());
    size += message.size;
  }
  yield { ...head, ...rest, messages };
}
