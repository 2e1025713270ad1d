import { DeltawireError, LIMITS } from "@deltawire/spec";
import type { ChannelState } from "./channel-state.js";
import { DICTIONARY } from "./dictionary.js";
import { keysOf } from "./keys-of-state.js";
import { NameTable } from "./name-table.js";
import type { NumberedPart } from "./numbered-part.js";
import { brief } from "./packer.js";

const NONE = new Uint8Array();

/** Where the elements of an array begin. */
export function startOf(message: Uint8Array): number {
  return message[0] === 0xdc ? 3 : message[0] === 0xdd ? 5 : 1;
}

/** The code of an array that goes over versions; 8 more where its values are compact. */
const LEAP = 5;

/** The tuples of a live array: what is behind its header, its code, its steps and its version. */
export function tuplesIn(message: Uint8Array): Uint8Array {
  const start = startOf(message);
  const hasSteps = ((message[start] as number) & 7) === LEAP; // it has a code
  return message.subarray(start + 2 + (hasSteps ? numberSize(message[start + 1] as number) : 0));
}

/** Bytes of a number in MessagePack, by its first one. */
function numberSize(first: number): number {
  if (first === 0xca) return 5;
  return first >= 0xcb && first <= 0xd3 ? (NUMBER_SIZES[(first - 0xcc) & 3] ?? 9) : 1;
}

const NUMBER_SIZES = [2, 3, 5, 9];

const malformed = (what: string): DeltawireError =>
  new DeltawireError("malformed", what, { path: "" });

const isWhole = (value: unknown): value is number =>
  typeof value === "number" && Number.isSafeInteger(value) && value >= 0;

/**
 * What the MessagePack codec's two ends know of a channel beyond its ids: PROTOCOL.md, "Codec
 * context", whose state table this class is.
 *
 * 1. Both ends change it by the same frames in the same order, and only by frames of the channel.
 * 2. An ordinal names one part of an open message; it is not used again within the context.
 * 3. Only an append moves the cursor; the end of its part clears it.
 */
export class CodecContext {
  /** The version of the last frame. */
  seq: number;
  /** Whether frames were missed: nothing is decoded until a snapshot or catch-up resets it. */
  lost = false;
  cursor: NumberedPart | undefined;
  readonly names: NameTable = new NameTable();
  /** Keys of values by number, where compact values are written or read; undefined elsewhere. */
  keys: NameTable | undefined;
  /** Bytes by which the frame that was encoded last is smaller, since its values are compact. */
  saved = 0;
  /** The snapshot of which chunks are still to come. */
  loading: { readonly request: number; readonly seq: number } | undefined;
  /**
   * The recent bytes, where compressed forms may be made or read: they stand in the dictionary of
   * the next one. Undefined where they are not kept.
   */
  recent: Uint8Array | undefined;
  /** Where they are, with room behind them; only ever written there. */
  #store: Uint8Array | undefined;
  readonly #parts = new Map<number, NumberedPart>();
  readonly #messages = new Map<string, Map<string, NumberedPart>>();
  #next = 0;

  /** @param isCompact whether compact values are written or read in it */
  constructor(seq = 0, isCompact = false) {
    this.seq = seq;
    if (isCompact) this.keys = new NameTable();
  }

  /**
   * A context in which the parts of every open message of a state have numbers.
   *
   * @param isCompact whether compact values are written in it: then keys of the state have numbers too
   */
  static of(state: ChannelState, isCompact = false): CodecContext {
    const context = new CodecContext(state.seq);
    if (isCompact) context.keys = keysOf(state);
    for (const message of state.messages) {
      if (message.isFinal) continue;
      for (const part of message.parts) {
        const length = part.kind === "text" ? part.content.length : undefined;
        context.number(message.id, part.id, length);
      }
    }
    return context;
  }

  /** Every part that has a number. */
  get parts(): Iterable<NumberedPart> {
    return this.#parts.values();
  }

  /** Gives a part the next number. */
  number(message: string, part: string, length: number | undefined): NumberedPart {
    return this.bind(this.#next, message, part, length);
  }

  /**
   * Gives a part the number that a frame states.
   *
   * @throws DeltawireError `malformed` unless ids are texts and numbers whole, or a number is taken
   */
  bind(ordinal: unknown, message: unknown, part: unknown, length: unknown): NumberedPart {
    if (this.#parts.size >= LIMITS.max_list_length) {
      const what = `max_list_length (${LIMITS.max_list_length}) exceeded by open parts`;
      throw new DeltawireError("limit_exceeded", what, { path: "" });
    }
    if (typeof message !== "string" || typeof part !== "string") {
      throw malformed("a part without ids has a number");
    }
    if (!isWhole(ordinal)) throw malformed("an ordinal is a whole number");
    if (length !== undefined && !isWhole(length)) throw malformed("a length is a whole number");
    if (this.#parts.has(ordinal)) throw malformed(`ordinal ${ordinal} is in use`);
    const numbered: NumberedPart = { ordinal, message, part, length };
    this.#next = Math.max(this.#next, ordinal + 1);
    this.#parts.set(ordinal, numbered);
    const parts = this.#messages.get(message) ?? new Map<string, NumberedPart>();
    parts.set(part, numbered);
    this.#messages.set(message, parts);
    return numbered;
  }

  find(message: string, part: string): NumberedPart | undefined {
    return this.#messages.get(message)?.get(part);
  }

  /** @throws DeltawireError `malformed` where the number names nothing */
  at(ordinal: unknown): NumberedPart {
    const numbered = typeof ordinal === "number" ? this.#parts.get(ordinal) : undefined;
    if (!numbered) throw malformed(`there is no part ${brief(ordinal)} in the codec context`);
    return numbered;
  }

  /** Ends a part. */
  release(numbered: NumberedPart): void {
    this.#parts.delete(numbered.ordinal);
    const parts = this.#messages.get(numbered.message);
    parts?.delete(numbered.part);
    if (parts?.size === 0) this.#messages.delete(numbered.message);
    if (this.cursor === numbered) this.cursor = undefined;
  }

  /** Ends every part of a message. */
  releaseMessage(message: string): void {
    for (const numbered of [...(this.#messages.get(message)?.values() ?? [])]) {
      this.release(numbered);
    }
  }

  /** Keeps bytes of a live frame, in place of older ones where there is no room. */
  remember(bytes: Uint8Array): void {
    if (!this.recent) return;
    const added = bytes.subarray(-DICTIONARY.recent);
    let used = this.recent.byteOffset + this.recent.length;
    const isOurs = this.recent.buffer === this.#store?.buffer;
    if (!this.#store || !isOurs || used + added.length > this.#store.length) {
      this.#store = new Uint8Array(2 * DICTIONARY.recent); // what was handed out stays as it was
      const kept = this.recent.subarray(-DICTIONARY.recent);
      this.#store.set(kept);
      used = kept.length;
    }
    this.#store.set(added, used);
    const end = used + added.length;
    const start = Math.max(used - this.recent.length, end - DICTIONARY.recent);
    this.recent = this.#store.subarray(start, end);
  }

  /** Forgets everything: what comes next states the context whole. */
  reset(): void {
    this.names.clear();
    this.keys?.clear();
    this.#parts.clear();
    this.#messages.clear();
    this.#next = 0;
    this.recent &&= NONE;
    this.cursor = undefined;
    this.loading = undefined;
  }
}
