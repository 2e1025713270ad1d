import type { Message } from "@deltawire/protocol";
import type { MessageSnapshot } from "@deltawire/spec";
import { type Restored, restore } from "./engine/archive-restore.js";
import type { Entry, StatedChannel, StatedMessage } from "./engine/entry.js";
import type { Retries } from "./retries.js";
import type { Store, StoredChannel } from "./store.js";

/** What a {@link ChannelOrigin} works with. */
export interface OriginHost {
  readonly store?: Store | undefined;
  /** Asks the store as often as it takes. */
  readonly retries: Retries;
  randomId(): string;
  report(error: unknown): void;
}

/** Where a channel comes from that this server loads: its store. */
export class ChannelOrigin {
  readonly #channel: string;
  readonly #host: OriginHost;
  /** What the store has, where that was asked for, until {@link loaded}. */
  stored: { readonly channel: StoredChannel | undefined } | undefined;
  /** Generations of the messages that {@link initial} has found to have ended, by id. */
  readonly #ended = new Map<string, number>();

  constructor(channel: string, host: OriginHost) {
    this.#channel = channel;
    this.#host = host;
  }

  /** The channel where its log has nothing of it: what the store has, or nothing. */
  async initial(): Promise<StatedChannel> {
    const epoch = this.#host.randomId();
    const stored = await this.#ask();
    if (!stored) return { epoch, seq: 0, attributes: {}, messages: [] };
    const { state } = stored;
    for (const message of state.messages) {
      if (message.isFinal) this.#ended.set(message.id, message.generation);
    }
    return {
      epoch,
      seq: state.seq,
      attributes: state.attributes,
      ...(state.closed && { closed: state.closed }),
      messages: state.messages.map((message) => message.snapshot()),
    };
  }

  /**
   * Entries for a log: where it begins with what {@link initial} has said it is enough to refer to
   * what the store has for good. Whoever has decided them goes on from the messages themselves.
   */
  refer(entries: readonly Entry[]): readonly Entry[] {
    return entries.map((entry) => {
      if (entry.type !== "begun") return entry;
      const messages = entry.channel.messages.map((stated): StatedMessage => {
        const { id, generation } = stated;
        return this.#ended.get(id) === generation ? { id, generation, stored: true } : stated;
      });
      return { ...entry, channel: { ...entry.channel, messages } };
    });
  }

  /** The channel is loaded: what the store had is not needed any more. */
  loaded(): void {
    this.stored = undefined;
    this.#ended.clear();
  }

  /** What a store's channel comes to; what is wrong with it is reported. */
  restored(channel: StoredChannel): Restored {
    const restored = restore(channel);
    for (const { error } of restored.dropped) this.#host.report(error);
    return restored;
  }

  async #ask(): Promise<Restored | undefined> {
    const { store, retries } = this.#host;
    if (!store) return undefined;
    const channel = await retries.run(() => store.load(this.#channel));
    this.stored = { channel };
    return channel && this.restored(channel);
  }

  /**
   * Puts what the store has in the place of what the log refers to.
   *
   * @param removed messages that the log goes on to remove: the store may have done so already
   */
  async resolve(
    channel: StatedChannel,
    removed: ReadonlySet<string> = new Set(),
  ): Promise<StatedChannel> {
    const restored = await this.#ask();
    const missing: string[] = [];
    const messages = channel.messages.flatMap((stated): MessageSnapshot[] => {
      if (!("stored" in stated)) return [stated];
      const message = restored?.state.message(stated.id);
      if (!message && !removed.has(stated.id)) missing.push(stated.id);
      return message ? [asOf(message, stated.generation)] : [];
    });
    if (missing.length > 0) {
      const which = `${missing.length} messages of ${this.#channel} that had ended`;
      this.#host.report(new Error(`the store has lost ${which}, ${missing[0]} among them`));
    }
    return { ...channel, messages };
  }
}

/**
 * A message of the store as it was when a log referred to it. The store may be ahead: where it has a
 * later generation, the log goes on with its beginning, and all that counts is that this one ended.
 */
function asOf(message: Message, generation: number): MessageSnapshot {
  if (message.generation <= generation) return message.snapshot();
  const { error: _, ...snapshot } = message.snapshot();
  return { ...snapshot, generation, status: "completed" };
}
