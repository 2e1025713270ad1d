import type { JsonValue } from "@deltawire/spec";
import type { ChannelState } from "./channel-state.js";
import { isList } from "./size.js";

/** What a state's dictionary is made of. PROTOCOL.md, "Dictionary". */
export const DICTIONARY = {
  /** UTF-8 bytes of it at most. */
  bytes: 24_576,
  /** Messages, parts, and values in JSON parts, that are looked at. */
  items: 1024,
  /** Members of an object that counts. */
  members: 64,
  /** Bytes of the tuples of array frames that come behind it. */
  recent: 8192,
} as const;

const utf8 = new TextEncoder();
/** Objects of too many members: values do not change, and to list their keys takes long. */
const wide = new WeakSet<object>();
/** Units of a text that are encoded at once. */
const PIECE = 2048;

const isLow = (unit: number): boolean => unit >= 0xdc00 && unit <= 0xdfff;

/** The end of the texts of a state, filled from behind. */
class Tail {
  readonly #bytes = new Uint8Array(DICTIONARY.bytes);
  #start: number = DICTIONARY.bytes;
  #items = 0;
  /** Whether a text was left off in part: nothing goes before it. */
  #isCut = false;

  get isFull(): boolean {
    return this.#isCut || this.#start === 0 || this.#items >= DICTIONARY.items;
  }

  /** Counts an item. */
  see(): void {
    this.#items += 1;
  }

  /** Puts a text before what is there: its last code points, as far as there is room. */
  put(length: number, slice: (start: number, end: number) => string): void {
    for (let end = length; end > 0 && !this.#isCut; ) {
      let start = Math.max(0, end - PIECE);
      let piece = slice(start, end);
      if (start > 0 && isLow(piece.charCodeAt(0))) {
        piece = piece.slice(1);
        start += 1;
      }
      this.#encoded(utf8.encode(piece));
      end = start;
    }
  }

  #encoded(bytes: Uint8Array): void {
    const room = this.#start;
    let from = Math.max(0, bytes.length - room);
    this.#isCut = from > 0;
    while (((bytes[from] ?? 0) & 0xc0) === 0x80) from += 1;
    const kept = bytes.subarray(from);
    this.#start = room - kept.length;
    this.#bytes.set(kept, this.#start);
  }

  value(value: JsonValue): void {
    if (this.isFull) return;
    this.see();
    if (typeof value === "string") {
      this.put(value.length, (start, end) => value.slice(start, end));
    } else if (typeof value === "object" && value !== null) {
      if (isList(value))
        for (let i = value.length - 1; i >= 0 && !this.isFull; i--)
          this.value(value[i] as JsonValue);
      else this.#members(value);
    }
  }

  #members(value: { readonly [key: string]: JsonValue }): void {
    if (wide.has(value)) return;
    const keys = Object.keys(value);
    if (keys.length > DICTIONARY.members) {
      wide.add(value);
      return;
    }
    keys.sort(); // by UTF-16 units, whoever has written them in which order
    for (let i = keys.length - 1; i >= 0; i--) this.value(value[keys[i] as string] as JsonValue);
  }

  take(): Uint8Array {
    return this.#bytes.subarray(this.#start);
  }
}

/** The dictionary of a state: the end of its texts, as UTF-8. Costs about its own length. */
export function dictionaryOf({ messages }: ChannelState): Uint8Array {
  const tail = new Tail();
  for (let i = messages.length - 1; i >= 0 && !tail.isFull; i--) {
    tail.see();
    const parts = messages[i]?.parts ?? [];
    for (let j = parts.length - 1; j >= 0 && !tail.isFull; j--) {
      const part = parts[j];
      tail.see();
      if (part?.kind === "text") {
        const { content } = part;
        tail.put(content.length, (start, end) => content.slice(start, end));
      } else if (part?.kind === "json") tail.value(part.value);
    }
  }
  return tail.take();
}
