import type { Message } from "@deltawire/protocol";
import {
  type CompletingChannel,
  type CompletionsHost,
  CompletionWorker,
  completionKey,
} from "./completion-worker.js";

/**
 * Calls the listeners to `message_completed`.
 *
 * 1. Of a channel that this server keeps they are called about each message that has ended until
 *    none of them fails: at least once each, in order, one message at a time, and not before the
 *    store has the message.
 * 2. A listener that hangs or fails keeps those of its own channel waiting, and no other.
 * 3. Of a channel without a log they are called once.
 */
export class Completions {
  readonly #host: CompletionsHost;
  readonly #workers = new Map<string, CompletionWorker>();
  /** Workers of channels that were stopped, until what they had called has ended. */
  readonly #stopping = new Map<string, Promise<void>>();

  constructor(host: CompletionsHost) {
    this.#host = host;
  }

  /** Begins with a channel, which this server keeps from now on. */
  keep(channel: CompletingChannel): void {
    const { name } = channel;
    const before = this.#workers.has(name) ? this.stop(name) : this.#stopping.get(name);
    const worker = new CompletionWorker(this.#host, channel, before);
    this.#workers.set(name, worker);
    worker.look();
  }

  /** A message of a channel has ended; does nothing where that one is not kept. */
  completed(name: string, message: Message): void {
    const worker = this.#workers.get(name);
    worker?.add(message);
    worker?.look();
  }

  /** Something that was waited for may have happened: the store has more, or more is pending. */
  look(name: string): void {
    this.#workers.get(name)?.look();
  }

  /**
   * Leaves a channel to another server. What is running goes on, and is told of as done where it
   * does not fail: who hands the channel over waits for that, for a while.
   */
  stop(name: string): Promise<void> {
    const worker = this.#workers.get(name);
    this.#workers.delete(name);
    if (!worker) return this.#stopping.get(name) ?? Promise.resolve();
    const stopping = worker.stop().finally(() => {
      if (this.#stopping.get(name) === stopping) this.#stopping.delete(name);
    });
    this.#stopping.set(name, stopping);
    return stopping;
  }

  /** Leaves all channels. */
  async close(): Promise<void> {
    for (const name of [...this.#workers.keys()]) void this.stop(name);
    await Promise.all(this.#stopping.values());
  }

  /** A message of a channel that has no log has ended: each listener is called, once. */
  announce(channel: string, message: Message): void {
    const event = { channel, message, key: completionKey(channel, message) };
    for (const listener of this.#host.listeners) {
      // In a turn of its own: what it does, or throws, comes after the frame that it is about.
      this.#host.clock.after(0, async () => {
        try {
          await listener(event);
        } catch (error) {
          this.#host.report(error);
        }
      });
    }
  }
}
