import type { Message } from "./message.js";

/** Ids that it may have of messages that are gone, beside as many as there are. */
const SLACK = 64;

/**
 * Where the messages of a state are. The states before and after it share what it has, as long as
 * messages only come last and go first: then each of that costs O(1), however many there are.
 *
 * 1. A place counts from the first message that was ever in the table, and is never another's: what
 *    a state does not reach from its first to its last message is of an earlier or a later one.
 * 2. Only the latest state adds to the table; any other one that goes on begins another table.
 */
export class MessageIndex {
  readonly #table: Table;
  /** The place of the first message of the state. */
  readonly #first: number;
  readonly #count: number;

  private constructor(table: Table, first: number, count: number) {
    this.#table = table;
    this.#first = first;
    this.#count = count;
  }

  static of(messages: readonly Message[]): MessageIndex {
    const places = new Map(messages.map((message, i) => [message.id, i]));
    return new MessageIndex({ places, end: messages.length }, 0, messages.length);
  }

  /** The position of a message in the state. */
  at(id: string): number | undefined {
    const place = this.#table.places.get(id);
    if (place === undefined) return undefined;
    const at = place - this.#first;
    return at >= 0 && at < this.#count ? at : undefined;
  }

  /** With a message behind the last one. @param messages those with it */
  added(id: string, messages: readonly Message[]): MessageIndex {
    const { places } = this.#table;
    const end = this.#first + this.#count;
    // An id that is known was in an earlier state, which still has to find it.
    if (this.#table.end !== end || places.has(id)) return MessageIndex.of(messages);
    places.set(id, end);
    this.#table.end = end + 1;
    return new MessageIndex(this.#table, this.#first, this.#count + 1);
  }

  /** Without the first message. @param messages those without it */
  shifted(messages: readonly Message[]): MessageIndex {
    const isSparse = this.#table.places.size > 2 * messages.length + SLACK;
    if (isSparse) return MessageIndex.of(messages);
    return new MessageIndex(this.#table, this.#first + 1, this.#count - 1);
  }
}

/** What states share. */
interface Table {
  readonly places: Map<string, number>;
  /** The place of the next message. */
  end: number;
}
