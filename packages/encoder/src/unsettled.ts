import type { ChannelState } from "@deltawire/protocol/state";
import { type Change, DeltawireError, LIMITS } from "@deltawire/spec";

/** Names, each of messages and of attributes, that may be removed and not acknowledged. */
const MAX_REMOVED: number = LIMITS.max_messages;

/** Names that count until the log holds a frame that tells of them. */
class Marks {
  /** The version of that frame; undefined while there is none. */
  readonly #versions = new Map<string, number | undefined>();

  get size(): number {
    return this.#versions.size;
  }

  get names(): Iterable<string> {
    return this.#versions.keys();
  }

  has(name: string): boolean {
    return this.#versions.has(name);
  }

  add(name: string): void {
    this.#versions.set(name, undefined);
  }

  delete(name: string): void {
    this.#versions.delete(name);
  }

  /** Everything that is marked is told by now, at the latest by this version. */
  told(seq: number): void {
    if (this.#versions.size === 0) return;
    for (const [name, version] of this.#versions) {
      if (version === undefined) this.#versions.set(name, seq);
    }
  }

  /** The log holds this version. */
  acknowledge(seq: number): void {
    if (this.#versions.size === 0) return;
    for (const [name, version] of this.#versions) {
      if (version !== undefined && version <= seq) this.#versions.delete(name);
    }
  }
}

/**
 * What the states before and after do not tell of what is to be stated: they let go of messages
 * that have ended, and the log may have refused some.
 */
export class Unsettled {
  readonly #removed = new Marks();
  readonly #keys = new Marks();
  readonly #distrusted = new Marks();

  /** Messages that were removed here. */
  get removed(): Iterable<string> {
    return this.#removed.names;
  }

  /** Keys of the channel's attributes that were removed here. */
  get keys(): Iterable<string> {
    return this.#keys.names;
  }

  /** Takes note of what a change removes. */
  note(change: Change, before: ChannelState, next: ChannelState): void {
    if (change.type === "message_removed") this.#removed.add(change.id);
    if (change.type === "message_added") this.#removed.delete(change.id);
    if (change.type !== "channel_patch") return;
    for (const key of Object.keys(before.attributes)) {
      if (!Object.hasOwn(next.attributes, key)) this.#keys.add(key);
    }
    for (const key of Object.keys(next.attributes)) this.#keys.delete(key);
  }

  /** @throws DeltawireError `overloaded` where too much is removed that is not acknowledged */
  checkRoom(change: Change, channel: string): void {
    const { type } = change;
    const removes = type === "message_removed" || type === "channel_patch";
    const { size } = type === "message_removed" ? this.#removed : this.#keys;
    if (!removes || size < MAX_REMOVED) return;
    const what = `${MAX_REMOVED} names were removed that the server has not acknowledged`;
    throw new DeltawireError("overloaded", what, { channel });
  }

  /** The log need not have a message as it was sent. */
  distrust(id: string): void {
    this.#distrusted.add(id);
  }

  isDistrusted(id: string): boolean {
    return this.#distrusted.has(id);
  }

  /** Without what the log need not have: that is stated whole. */
  trusted(state: ChannelState): ChannelState {
    if (this.#distrusted.size === 0) return state;
    return state.with({ messages: state.messages.filter(({ id }) => !this.isDistrusted(id)) });
  }

  /** A frame tells of everything so far, at the latest that of this version. */
  told(seq: number): void {
    this.#removed.told(seq);
    this.#keys.told(seq);
    this.#distrusted.told(seq);
  }

  /** The log holds this version. */
  acknowledge(seq: number): void {
    this.#removed.acknowledge(seq);
    this.#keys.acknowledge(seq);
    this.#distrusted.acknowledge(seq);
  }
}
