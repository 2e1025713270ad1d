import { Text } from "@deltawire/protocol";
import type { Change, ChangesFrame, MessageAdded, PartContent, PartDigest } from "@deltawire/spec";

// Changes and frames as tests write them: everything about channel "c", everything role "r".

export const textPart = (text: string, id = "text"): PartContent => ({ id, kind: "text", text });

export const digest = (text: string, part = "text"): PartDigest => ({
  part,
  length: text.length,
  crc32: Text.of(text).crc32(),
});

export function added(
  id: string,
  text = "",
  more: Partial<Omit<MessageAdded, "type">> = {},
): MessageAdded {
  const parts = [textPart(text)];
  return { type: "message_added", id, generation: 0, role: "r", parts, ...more };
}

export const splice = (
  id: string,
  changed_offset: number,
  removed: number,
  text: string,
  part = "text",
): Change => ({
  type: "message_patch",
  id,
  parts: [{ type: "text_splice", part, splices: [{ changed_offset, removed, text }] }],
});

export const append = (id: string, offset: number, text: string): Change =>
  splice(id, offset, 0, text);

export const completed = (id: string, ...digests: PartDigest[]): Change => ({
  type: "message_completed",
  id,
  status: "completed",
  digests,
});

export const removed = (id: string): Change => ({ type: "message_removed", id });

export const frame = (from: number, ...changes: Change[]): ChangesFrame => ({
  type: "changes",
  channel: "c",
  from,
  to: from + 1,
  changes,
});
