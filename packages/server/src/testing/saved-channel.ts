import assert from "node:assert/strict";
import type { Change, MessageSnapshot } from "@deltawire/spec";
import type { ChannelSave, MessageSave, Store, StoredChannel, StoredMessage } from "../store.js";

/** A message of one text. */
export const message = (
  id: string,
  text: string = id,
  stated: Partial<MessageSnapshot> = {},
): MessageSnapshot => ({
  id,
  generation: 0,
  role: "assistant",
  status: "streaming",
  parts: [{ id: "t", kind: "text", text }],
  ...stated,
});

/** A message, to be saved whole. */
export const whole = (order: number, stated: MessageSnapshot): MessageSave => ({
  type: "whole",
  order,
  message: stated,
});

/** Changes of a message since it was saved. */
export const patch = (id: string, since: number, ...changes: readonly Change[]): MessageSave => ({
  type: "patch",
  id,
  since,
  changes,
});

/** The change that appends a text to a message. */
export const appended = (id: string, at: number, text: string): Change => ({
  type: "message_patch",
  id,
  parts: [{ type: "text_splice", part: "t", splices: [{ changed_offset: at, removed: 0, text }] }],
});

/** What is to be saved of channel "c". */
export const save = (
  seq: number,
  messages: readonly MessageSave[],
  stated: Partial<ChannelSave> = {},
): ChannelSave => ({
  channel: "c",
  epoch: "e",
  seq,
  attributes: {},
  messages,
  removed: [],
  ...stated,
});

/** Saves one channel. @throws unless it was saved */
export async function saved(store: Store, ...saves: readonly ChannelSave[]): Promise<void> {
  for (const one of saves) assert.deepEqual([...(await store.save([one]))], ["saved"]);
}

/** Fails unless a channel is not saved, and is as it was. */
export async function refused(store: Store, one: ChannelSave): Promise<void> {
  const before = await store.load(one.channel);
  assert.deepEqual([...(await store.save([one]))], ["conflict"]);
  assert.deepEqual(plain(await store.load(one.channel)), plain(before));
}

/** A channel as it is expected to be loaded. */
const channelOf = (
  { epoch, seq, attributes, closed }: ChannelSave,
  messages: readonly StoredMessage[],
): StoredChannel => ({ epoch, seq, attributes, ...(closed && { closed }), messages });

/** A message as it is expected to be loaded. */
export const stored = (
  order: number,
  seq: number,
  stated: MessageSnapshot,
  ...patches: readonly { readonly seq: number; readonly changes: readonly Change[] }[]
): StoredMessage => ({ order, seq, message: stated, patches });

/** A value without what adapters may differ in: kinds of bytes, prototypes. */
function plain(value: unknown): unknown {
  if (value instanceof Uint8Array) return { bytes: Buffer.from(value).toString("base64") };
  if (Array.isArray(value)) return value.map(plain);
  if (typeof value !== "object" || value === null) return value;
  return new Map(Object.entries(value).map(([key, inner]) => [key, plain(inner)]));
}

/** Fails unless two values are the same, a field that is absent being absent. */
export function expectSame(actual: unknown, expected: unknown): void {
  assert.deepEqual(plain(actual), plain(expected));
}

/** Fails unless a channel is stored so. */
export async function expectStored(
  store: Store,
  one: ChannelSave,
  messages: readonly StoredMessage[],
): Promise<void> {
  expectSame(await store.load(one.channel), channelOf(one, messages));
}
