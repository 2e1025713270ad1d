import type { ChannelSave, MessageSave, StoredHead } from "@deltawire/server";
import type { Write } from "./database.js";
import { entryKey, headKey, messageKey, patchKey } from "./key.js";
import { type Entry, encodeEntry, encodeHead, encodePatch, encodeWhole } from "./stored-value.js";

/** What a database has of a channel that a save is compared with. */
export interface SavedBefore {
  readonly head: StoredHead | undefined;
  /** By id, those that the save names. */
  readonly entries: ReadonlyMap<string, Entry>;
}

/** The ids of the messages that a save names. */
export const idsOf = ({ messages, removed }: ChannelSave): ReadonlySet<string> =>
  new Set([...messages.map(idOf), ...removed]);

const idOf = (message: MessageSave): string =>
  message.type === "whole" ? message.message.id : message.id;

/** What a save writes; undefined where the database has something else than it goes on from. */
export function writesOf(save: ChannelSave, { head, entries }: SavedBefore): Write[] | undefined {
  if (head?.epoch === save.epoch && head.seq > save.seq) return undefined;
  const now = new Map(entries);
  const writes: Write[] = [];
  for (const message of save.messages) {
    const id = idOf(message);
    const before = now.get(id);
    const entry =
      message.type === "whole"
        ? writeWhole(save, message, before, writes)
        : writePatch(save, message, before, writes);
    if (entry === undefined) return undefined;
    now.set(id, entry);
  }
  for (const id of save.removed) {
    writes.push(...contentOf(save.channel, id, now.get(id)));
    now.delete(id);
  }
  for (const id of idsOf(save)) {
    const entry = now.get(id);
    const key = entryKey(save.channel, id);
    writes.push(entry ? { type: "put", key, value: encodeEntry(entry) } : { type: "del", key });
  }
  writes.push({ type: "put", key: headKey(save.channel), value: encodeHead(save) });
  return writes;
}

function writeWhole(
  { channel, epoch, seq }: ChannelSave,
  { order, message }: Extract<MessageSave, { type: "whole" }>,
  before: Entry | undefined,
  writes: Write[],
): Entry {
  writes.push(...contentOf(channel, message.id, before));
  const key = messageKey(channel, order, message.id);
  writes.push({ type: "put", key, value: encodeWhole({ seq, message }) });
  return { order, epoch, since: seq, patches: 0 };
}

function writePatch(
  { channel, epoch, seq }: ChannelSave,
  { id, since, changes }: Extract<MessageSave, { type: "patch" }>,
  before: Entry | undefined,
  writes: Write[],
): Entry | undefined {
  if (before?.epoch !== epoch) return undefined;
  if (before.since === seq) return before; // it was saved already
  if (before.since !== since) return undefined;
  const key = patchKey(channel, before.order, id, before.patches);
  writes.push({ type: "put", key, value: encodePatch({ seq, changes }) });
  return { ...before, since: seq, patches: before.patches + 1 };
}

/** Deletes a message and its patches. */
function contentOf(channel: string, id: string, entry: Entry | undefined): Write[] {
  if (entry === undefined) return [];
  const writes: Write[] = [{ type: "del", key: messageKey(channel, entry.order, id) }];
  for (let number = 0; number < entry.patches; number++) {
    writes.push({ type: "del", key: patchKey(channel, entry.order, id, number) });
  }
  return writes;
}
