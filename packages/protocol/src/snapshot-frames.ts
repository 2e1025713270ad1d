import type { PartContent, SnapshotFrame } from "@deltawire/spec";
import type { ChannelState } from "./channel-state.js";
import type { Message } from "./message.js";
import { contentOf, headOf, type Part } from "./part.js";

/** Size at which a chunk of a snapshot is full; the last part in it may be as large again. */
const CHUNK = 256 * 1024;

/**
 * The frames that state a channel: one, or chunks where it is large. Each is made when it is asked
 * for, of a state that does not change, so they may be sent as slowly as a consumer reads.
 *
 * @param request the `subscribe` that they answer
 * @param size at which a chunk is full, by the size rule. @default 262,144
 * @param last how many messages are stated, the last ones; the others are counted. @default all
 */
export function snapshotFrames(
  channel: string,
  state: ChannelState,
  request: number,
  size: number = CHUNK,
  last: number = state.messages.length,
): IterableIterator<SnapshotFrame> {
  const { epoch, seq, closed } = state;
  const left = Math.max(0, state.messages.length - last);
  const earlier = state.earlier + left;
  const head = { type: "snapshot", channel, request, epoch, seq } as const;
  let extra: Partial<SnapshotFrame> = {
    ...(Object.keys(state.attributes).length > 0 && { attributes: state.attributes }),
    ...(closed && { closed }),
    ...(earlier > 0 && { earlier }),
  };
  const chunks = cutChunks(state.messages.slice(left), size);
  return {
    [Symbol.iterator]() {
      return this;
    },
    // No generator: between two calls that would hold the text of the chunk that it has made.
    next() {
      const { value } = chunks.next();
      if (!value) return { done: true, value: undefined };
      const frame = { ...head, ...extra, ...made(value) };
      extra = {};
      return { done: false, value: frame };
    },
  };
}

/** A piece of a part: the text or the bytes from a place on, up to another one. */
type Cut = readonly [part: Part, at: number, end: number];

/** What of which messages is in a chunk. */
interface Chunk {
  readonly more?: true;
  readonly messages: readonly { readonly message: Message; readonly cuts: readonly Cut[] }[];
}

function made({ messages, ...rest }: Chunk): Pick<SnapshotFrame, "more" | "messages"> {
  const parts = (cuts: readonly Cut[]) => cuts.map((cut) => piece(...cut));
  return {
    ...rest,
    messages: messages.map(({ message, cuts }) => ({ ...message.head(), parts: parts(cuts) })),
  };
}

/** Nothing of a chunk is made here: many may wait between two of them. */
function* cutChunks(messages: readonly Message[], size: number): Generator<Chunk, undefined> {
  let chunk: Chunk["messages"][number][] = [];
  let room = size;
  for (const message of messages) {
    const attributes = message.parts.reduce((rest, part) => rest - part.size, message.size);
    let cuts: Cut[] = [];
    if (room <= 0) {
      yield { more: true, messages: chunk };
      chunk = [];
      room = size;
    }
    room -= 64 + attributes;
    for (const part of message.parts) {
      for (const [at, end] of placesOf(part, size)) {
        if (room <= 0 && cuts.length > 0) {
          yield { more: true, messages: [...chunk, { message, cuts }] };
          chunk = [];
          cuts = [];
          room = size - attributes;
        }
        cuts.push([part, at, end]);
        room -= part.kind === "json" ? part.size : Math.min(part.size, size);
      }
    }
    chunk.push({ message, cuts });
  }
  yield { messages: chunk };
  return undefined;
}

/** Where a part is cut so that each piece fits a chunk, and no surrogate pair is cut. */
function* placesOf(part: Part, size: number): Generator<readonly [at: number, end: number]> {
  const length = lengthOf(part);
  if (part.kind === "json" || length <= size) {
    yield [0, length];
    return;
  }
  for (let at = 0; at < length; ) {
    let end = Math.min(at + size, length);
    if (part.kind === "text" && !part.content.isBoundary(end)) end += 1;
    yield [at, end];
    at = end;
  }
}

function piece(part: Part, at: number, end: number): PartContent {
  if (part.kind === "json" || (at === 0 && end >= lengthOf(part))) return contentOf(part);
  const { id } = part;
  if (part.kind === "text") return { id, kind: part.kind, text: part.content.slice(at, end) };
  const bytes = part.bytes.subarray(at, end);
  return { id, kind: part.kind, bytes, ...(at === 0 && headOf(part)) };
}

/** Of what is cut: a base is not, it goes whole with the first piece. */
const lengthOf = (part: Part): number => (part.kind === "json" ? part.size : part.content.length);
