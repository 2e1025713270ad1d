const CHANNEL = new TextEncoder().encode("chat");

/** Protobuf keys of Centrifugo's client protocol: a field's number and how it is written. */
const CHANNEL_KEY = 0x12;
const OFFSET_KEY = 0x30;
const DELTA_KEY = 0x40;
/** The push in a reply, the publication in a push, the data in a publication: each has field 4. */
const NEXT_KEY = 0x22;
const DEPTH = 3;

interface Publication {
  readonly data: Uint8Array;
  readonly offset: number;
  /** Whether `data` is a delta against that of the publication before. */
  readonly isDelta: boolean;
}

function varint(value: number): number[] {
  const bytes: number[] = [];
  let rest = value;
  for (; rest > 127; rest >>>= 7) bytes.push((rest & 127) | 128);
  return [...bytes, rest];
}

/** A publication as the server pushes it to a subscriber. */
export function push({ data, offset, isDelta }: Publication): Uint8Array {
  const tail = [OFFSET_KEY, ...varint(offset), ...(isDelta ? [DELTA_KEY, 1] : [])];
  const rest = data.length + tail.length;
  const publication = [NEXT_KEY, ...varint(data.length)];
  const inside = [NEXT_KEY, ...varint(publication.length + rest), ...publication];
  const pushed = [CHANNEL_KEY, CHANNEL.length, ...CHANNEL, ...inside];
  const reply = [NEXT_KEY, ...varint(pushed.length + rest), ...pushed];
  // The length of all: several replies may stand in one WebSocket message.
  const front = [...varint(reply.length + rest), ...reply];
  const bytes = new Uint8Array(front.length + rest);
  bytes.set(front);
  bytes.set(data, front.length);
  bytes.set(tail, front.length + data.length);
  return bytes;
}

/** The publication of a push. */
export function publicationIn(bytes: Uint8Array): Publication {
  let at = 0;
  const number = () => {
    let value = 0;
    for (let shift = 0; ; shift += 7) {
      const byte = bytes[at++] ?? 0;
      value |= (byte & 127) << shift;
      if (byte < 128) return value;
    }
  };
  let [data, offset, isDelta, depth] = [bytes, 0, false, 0];
  number(); // the length of all
  while (at < bytes.length) {
    const key = bytes[at++];
    const value = number();
    if (key === OFFSET_KEY) offset = value;
    else if (key === DELTA_KEY) isDelta = value === 1;
    else if (key !== NEXT_KEY) at += value;
    else if (++depth === DEPTH) {
      data = bytes.subarray(at, at + value);
      at += value;
    }
  }
  return { data, offset, isDelta };
}
