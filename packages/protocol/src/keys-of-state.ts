import type { JsonValue } from "@deltawire/spec";
import type { ChannelState } from "./channel-state.js";
import { NameTable } from "./name-table.js";
import { isList } from "./size.js";

/** Values, messages and parts that are looked at: what is made once must not depend on the state. */
const MAX_ITEMS = 1024;

/** Members of an object up to which its keys are names; beyond, they are likely to be data. */
const MAX_MEMBERS = 64;

/** Collects keys, those that are used first, as long as there is room. */
class Keys {
  readonly #table = new NameTable();
  readonly #found: string[] = [];
  #items = 0;

  /** Whether there is no use in looking further. */
  get isFull(): boolean {
    return this.#items >= MAX_ITEMS;
  }

  see(): void {
    this.#items += 1;
  }

  value(value: JsonValue): void {
    if (this.isFull || typeof value !== "object" || value === null) return;
    this.see();
    if (isList(value)) {
      for (let i = value.length - 1; i >= 0 && !this.isFull; i--) this.value(value[i] as JsonValue);
      return;
    }
    const keys = Object.keys(value);
    if (keys.length > MAX_MEMBERS) return;
    for (const key of keys) {
      if (this.#table.hasRoomFor(key) && this.#table.intern(key)) this.#found.push(key);
      this.value(value[key] as JsonValue);
    }
  }

  /** Those that were found first are the last to be forgotten. */
  take(): NameTable {
    const table = new NameTable();
    for (const key of this.#found.reverse()) table.intern(key);
    return table;
  }
}

/**
 * Keys that a state's values have, the latest messages' first: with them a snapshot is small even
 * where nobody has learned any. Costs the same for a small and a large state.
 */
export function keysOf({ attributes, messages }: ChannelState): NameTable {
  const keys = new Keys();
  keys.value(attributes);
  for (let i = messages.length - 1; i >= 0 && !keys.isFull; i--) {
    const message = messages[i];
    if (!message) continue;
    keys.see();
    keys.value(message.attributes);
    for (const part of message.parts) {
      if (keys.isFull) break;
      keys.see();
      if (part.kind === "json") keys.value(part.value);
    }
  }
  return keys.take();
}
