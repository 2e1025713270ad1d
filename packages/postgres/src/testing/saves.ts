import type { Change, ChannelSave, MessageSave, MessageSnapshot } from "@deltawire/server";

/** A save of a channel, with what a test cares about. */
export const saveOf = (
  channel: string,
  seq: number,
  messages: readonly MessageSave[],
  rest: Partial<ChannelSave> = {},
): ChannelSave => ({
  channel,
  epoch: "e",
  seq,
  attributes: {},
  messages,
  removed: [],
  ...rest,
});

/** A message, whole. */
export const whole = (
  id: string,
  order: number,
  text: string,
  rest: Partial<MessageSnapshot> = {},
): MessageSave => ({
  type: "whole",
  order,
  message: {
    id,
    generation: 0,
    role: "assistant",
    status: "streaming",
    parts: [{ id: "text", kind: "text", text }],
    ...rest,
  },
});

/** Text that a message has grown by. */
export const grown = (id: string, since: number, offset: number, text: string): MessageSave => {
  const splices = [{ changed_offset: offset, removed: 0, text }];
  const change: Change = {
    type: "message_patch",
    id,
    parts: [{ type: "text_splice", part: "text", splices }],
  };
  return { type: "patch", id, since, changes: [change] };
};
