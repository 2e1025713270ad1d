import type { Change, ChangesFrame, MessageSnapshot, SnapshotFrame } from "@deltawire/spec";

// Frames of channel "c", epoch "e", as a server sends them.

export const message = (id: string, text: string): MessageSnapshot => ({
  id,
  generation: 0,
  role: "assistant",
  status: "streaming",
  parts: [{ id: "text", kind: "text", text }],
});

export const snapshot = (
  request: number,
  seq: number,
  ...messages: MessageSnapshot[]
): SnapshotFrame => ({ type: "snapshot", channel: "c", request, epoch: "e", seq, messages });

export const changes = (from: number, ...list: Change[]): ChangesFrame => ({
  type: "changes",
  channel: "c",
  from,
  to: from + 1,
  changes: list,
});

export const append = (id: string, changed_offset: number, text: string): Change => ({
  type: "message_patch",
  id,
  parts: [{ type: "text_splice", part: "text", splices: [{ changed_offset, removed: 0, text }] }],
});
