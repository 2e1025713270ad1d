import {
  DeltawireError,
  type ErrorCode,
  LIMITS,
  type MessageSnapshot,
  type SnapshotFrame,
} from "@deltawire/spec";
import { checkBytes } from "./apply.js";
import { ChannelState } from "./channel-state.js";
import { placed } from "./json-apply.js";
import { Message } from "./message.js";
import type { Part } from "./part.js";

/**
 * Puts the chunks of one snapshot together. Chunks concatenate: where the first message of one has
 * the id of the last message so far, it continues it; likewise its first part.
 */
export class SnapshotAssembly {
  #first: SnapshotFrame | undefined;
  readonly #messages = new Map<string, Message>();
  #last: string | undefined;

  /**
   * Takes a chunk; returns the state once the last one is there.
   *
   * @throws DeltawireError `malformed` where chunks do not continue each other, `limit_exceeded`
   */
  add(chunk: SnapshotFrame): ChannelState | undefined {
    if (chunk.seq !== this.#first?.seq || chunk.epoch !== this.#first.epoch) {
      this.#first = chunk; // of another version: the snapshot begins anew
      this.#messages.clear();
    }
    chunk.messages.forEach((message, i) => {
      const old = this.#messages.get(message.id);
      if (old && (i > 0 || this.#last !== message.id)) {
        throw refuse("malformed", `message ${message.id} is there twice`, `/messages/${i}/id`);
      }
      this.#messages.set(message.id, check(old ? extend(old, message) : Message.of(message), i));
      this.#last = message.id;
    });
    if (this.#messages.size > LIMITS.max_messages) {
      throw refuse("limit_exceeded", `max_messages (${LIMITS.max_messages}) exceeded`, "/messages");
    }
    if (chunk.more) return undefined;
    const { epoch, seq, attributes, closed, earlier } = this.#first;
    this.#first = undefined; // whatever comes now is another snapshot
    return ChannelState.of(epoch, {
      seq,
      messages: [...this.#messages.values()],
      ...(attributes && { attributes }),
      ...(closed && { closed }),
      ...(earlier && { earlier }),
    });
  }
}

const refuse = (code: ErrorCode, what: string, path: string): DeltawireError =>
  new DeltawireError(code, what, { path });

function check(message: Message, index: number): Message {
  const path = `/messages/${index}`;
  if (new Set(message.parts.map(({ id }) => id)).size < message.parts.length) {
    throw refuse("malformed", `message ${message.id} has a part twice`, `${path}/parts`);
  }
  for (const limit of ["max_message_size", "max_parts"] as const) {
    const value = limit === "max_parts" ? message.parts.length : message.size;
    if (value > LIMITS[limit]) {
      throw refuse("limit_exceeded", `${limit} (${LIMITS[limit]}) exceeded`, path);
    }
  }
  try {
    for (const part of message.parts) if (part.kind === "bytes") checkBytes(part);
  } catch (error) {
    throw placed(error, path);
  }
  return message;
}

/** A message with what the next chunk states of it: its first part may continue the last one. */
function extend(message: Message, chunk: MessageSnapshot): Message {
  const parts = message.parts.slice();
  Message.of(chunk).parts.forEach((part, i) => {
    const last = parts.at(-1);
    if (i === 0 && last?.id === part.id && last.kind === part.kind && last.kind !== "json") {
      parts[parts.length - 1] = extended(last, part);
    } else parts.push(part);
  });
  return message.withParts(parts);
}

function extended(part: Part, next: Part): Part {
  if (part.kind === "text" && next.kind === "text") return part.extended(next);
  return part.kind === "bytes" && next.kind === "bytes" ? part.extended(next) : next;
}
