/** What a message from server to consumer is, told from its first bytes: PROTOCOL.md, section 8. */
export type FrameKind = "state" | "snapshot" | "snapshot chunk" | "control";

/** @param first the first bytes of the payload, at least 64 where it has them */
export function frameKind(first: Uint8Array): FrameKind {
  const [byte, code] = first;
  if (byte === undefined) return "control";
  if (byte === 0x7b) return jsonKind(Buffer.from(first).toString()); // "{": the JSON codec
  if (byte < 0x80 || byte === 0xc1 || byte === 0xc7) return "state";
  const array = byte < 0xa0 && byte >= 0x90;
  const large = byte === 0xdc ? first[3] : byte === 0xdd ? first[5] : undefined;
  const kind = array ? code : large;
  if (kind === undefined || kind > 15) return "control";
  const plain = kind & 7; // compact values have a code that is 8 more
  if (plain === 0 || plain === 1 || plain === 5) return "state";
  if (plain !== 2) return "control";
  return hasMore(first, kind !== plain) ? "snapshot chunk" : "snapshot";
}

/** Bytes before the text of a lone append's short form; undefined for every other frame. */
export function appendHead(first: Uint8Array): number | undefined {
  const [byte = 0xff] = first;
  if (byte < 0x80) return 1;
  if (byte !== 0xc1) return undefined;
  return 3 + first.subarray(2).findIndex((part) => part < 0x80);
}

function jsonKind(text: string): FrameKind {
  if (text.startsWith('{"type":"changes"')) return "state";
  return text.startsWith('{"type":"snapshot"') ? "snapshot" : "control";
}

/** The element of a snapshot's array behind its code, its keys if it is compact, request, epoch and seq. */
function hasMore(first: Uint8Array, isCompact: boolean): boolean {
  let at = 1;
  for (let element = isCompact ? 5 : 4; element > 0; element--) at = behind(first, at);
  return first[at] === 0xc3;
}

/** Where the MessagePack whole number, text or list of them ends that begins at an offset. */
function behind(bytes: Uint8Array, at: number): number {
  const tag = bytes[at] ?? 0;
  if (tag >= 0xa0 && tag < 0xc0) return at + 1 + (tag & 31);
  if (tag === 0xd9) return at + 2 + (bytes[at + 1] ?? 0);
  if (tag === 0xdc || (tag >= 0x90 && tag < 0xa0)) {
    let [end, left] = tag === 0xdc ? [at + 3, bytes[at + 2] ?? 0] : [at + 1, tag & 15];
    for (; left > 0; left--) end = behind(bytes, end);
    return end;
  }
  return at + ({ 204: 2, 205: 3, 206: 5, 207: 9 }[tag] ?? 1);
}
