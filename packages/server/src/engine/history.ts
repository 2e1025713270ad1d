import type { ChannelState, Message } from "@deltawire/protocol";
import { DeltawireError, type HistoryFrame, type HistoryPageFrame, LIMITS } from "@deltawire/spec";

/** Size at which a page is full. */
const PAGE = 256 * 1024;

/**
 * Messages before one of them: as many as were asked for, or fit a page; at least one.
 *
 * @throws DeltawireError `unknown_message`; `limit_exceeded` where that one fits no frame
 */
export function historyPage(state: ChannelState, frame: HistoryFrame): HistoryPageFrame {
  const { channel, request, before } = frame;
  const end = state.messages.findIndex(({ id }) => id === before);
  if (end < 0) {
    const what = `there is no message ${before} to go back from; subscribe again`;
    throw new DeltawireError("unknown_message", what, { channel, path: "/before" });
  }
  const first = state.messages[end - 1];
  if (first && sizeOf(first) > LIMITS.max_frame_bytes) {
    const what = `message ${first.id} exceeds max_frame_bytes (${LIMITS.max_frame_bytes}) in a page; subscribe without last`;
    throw new DeltawireError("limit_exceeded", what, { channel });
  }
  let at = end;
  for (let room = PAGE; at > 0 && end - at < Math.max(1, frame.last); at--) {
    const message = state.messages[at - 1];
    room -= message ? sizeOf(message) : 0;
    if (room < 0 && at < end) break;
  }
  return {
    type: "history_page",
    channel,
    request,
    epoch: state.epoch,
    seq: state.seq,
    ...(at > 0 && { earlier: at }),
    messages: state.messages.slice(at, end).map((message) => message.snapshot()),
  };
}

const sizeOf = ({ size }: Message): number => size + 64;
