import type { MessageSnapshot, PartContent, SnapshotFrame } from "@deltawire/spec";
import { ChannelState } from "./channel-state.js";
import { Message } from "./message.js";

/** Size at which a chunk of a snapshot is full; a JSON part is never cut. */
const CHUNK = 256 * 1024;

/**
 * The frames that state a channel whole: one, or chunks where it is large.
 *
 * @param request the `subscribe` that they answer
 */
export function* snapshotFrames(
  channel: string,
  state: ChannelState,
  request: number,
): Generator<SnapshotFrame> {
  const { epoch, seq, closed } = state;
  const head = { type: "snapshot", channel, request, epoch, seq } as const;
  const first = {
    ...(Object.keys(state.attributes).length > 0 && { attributes: state.attributes }),
    ...(closed && { closed }),
  };
  let extra: Partial<SnapshotFrame> = first;
  let last: MessageSnapshot[] | undefined;
  for (const messages of chunks(state.messages)) {
    if (last) {
      yield { ...head, ...extra, more: true, messages: last };
      extra = {};
    }
    last = messages;
  }
  yield { ...head, ...extra, messages: last ?? [] };
}

function* chunks(messages: readonly Message[]): Generator<MessageSnapshot[]> {
  let chunk: MessageSnapshot[] = [];
  let room = CHUNK;
  for (const message of messages) {
    const whole = message.size <= room;
    const { parts, ...head } = message.snapshot();
    let taken: PartContent[] = [];
    for (let part of whole ? [] : parts) {
      for (let cut = cutPart(part, room); cut; cut = cutPart(part, room)) {
        yield [...chunk, { ...head, parts: [...taken, cut[0]] }];
        chunk = [];
        taken = [];
        room = CHUNK;
        part = cut[1];
      }
      taken.push(part);
      room -= lengthOf(part);
    }
    chunk.push({ ...head, parts: whole ? parts : taken });
    room -= (whole ? message.size : 0) + 64;
    if (room <= 0) {
      yield chunk;
      chunk = [];
      room = CHUNK;
    }
  }
  if (chunk.length > 0) yield chunk;
}

function lengthOf(part: PartContent): number {
  if (part.kind === "json") return 256;
  return part.kind === "text" ? part.text.length : part.bytes.length;
}

/** Cuts a part that has no room into what fits and the rest, never inside a surrogate pair. */
function cutPart(part: PartContent, room: number): [PartContent, PartContent] | undefined {
  const at = Math.max(room, 2);
  if (part.kind === "json" || lengthOf(part) <= at) return undefined;
  if (part.kind === "bytes") {
    const { bytes } = part;
    return [
      { ...part, bytes: bytes.subarray(0, at) },
      { ...part, bytes: bytes.subarray(at) },
    ];
  }
  const { text } = part;
  const low = (text.charCodeAt(at) & 0xfc00) === 0xdc00;
  const end = low ? at - 1 : at;
  return [
    { ...part, text: text.slice(0, end) },
    { ...part, text: text.slice(end) },
  ];
}

/**
 * Puts the chunks of one snapshot together. Chunks concatenate: where the first message of one has
 * the id of the last message so far, it continues it; likewise its first part.
 */
export class SnapshotAssembly {
  /** The frames that state a channel whole: see {@link snapshotFrames}. */
  static readonly frames: typeof snapshotFrames = snapshotFrames;

  #first: SnapshotFrame | undefined;
  readonly #messages: Message[] = [];

  /** Takes a chunk; returns the state once the last one is there. */
  add(chunk: SnapshotFrame): ChannelState | undefined {
    this.#first ??= chunk;
    for (const message of chunk.messages) {
      const last = this.#messages.at(-1);
      if (last?.id === message.id)
        this.#messages[this.#messages.length - 1] = extend(last, message);
      else this.#messages.push(Message.of(message));
    }
    if (chunk.more) return undefined;
    const { epoch, seq, attributes, closed } = this.#first;
    return ChannelState.of(epoch, {
      seq,
      messages: this.#messages,
      ...(attributes && { attributes }),
      ...(closed && { closed }),
    });
  }
}

function extend(message: Message, chunk: MessageSnapshot): Message {
  const parts = message.parts.slice();
  Message.of(chunk).parts.forEach((part, i) => {
    const last = parts.at(-1);
    if (i > 0 || last?.id !== part.id) parts.push(part);
    else if (last.kind === "text" && part.kind === "text") {
      parts[parts.length - 1] = last.extended(part);
    } else if (last.kind === "bytes" && part.kind === "bytes") {
      parts[parts.length - 1] = last.extended(part);
    }
  });
  return message.withParts(parts);
}
