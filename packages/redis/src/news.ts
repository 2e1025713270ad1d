import type { LogNews } from "@deltawire/server";

/** News as it comes: of a place, where its record was too large to be sent along. */
export type News =
  | LogNews
  | { readonly type: "place"; readonly tag: string; readonly before: string };

/** What begins news of a record, by how it goes on. */
const KINDS = { whole: 0x72, place: 0x70, deleted: 0x78 } as const;

/**
 * Reads a message: `r` or `p`, the record's index, the lengths of its tag and of the tag before, with
 * a blank after each; then both tags; after `r`, the data. Or `x`.
 *
 * @returns undefined for what nobody here has written
 */
export function parseNews(message: Buffer): News | undefined {
  const kind = message[0];
  if (kind === KINDS.deleted) return { type: "deleted" };
  const head = /^.(\d+) (\d+) (\d+) /.exec(message.subarray(0, 64).toString("latin1"));
  if (head === null || (kind !== KINDS.whole && kind !== KINDS.place)) return undefined;
  const [start = "", index, tagLength, beforeLength] = head;
  const tagEnd = start.length + Number(tagLength);
  const end = tagEnd + Number(beforeLength);
  const tag = message.toString("utf8", start.length, tagEnd);
  const before = message.toString("utf8", tagEnd, end);
  if (kind === KINDS.place) return { type: "place", tag, before };
  const data = new Uint8Array(message.subarray(end));
  return { type: "record", record: { index: Number(index), tag, data }, before };
}
