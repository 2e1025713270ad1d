import type { Clock } from "@deltawire/encoder";
import type { Message } from "@deltawire/protocol";
import { DeltawireError } from "@deltawire/spec";
import { type BackoffTimes, backoff } from "./backoff.js";
import type { Ended } from "./engine/entry.js";

/** Milliseconds before a listener that has failed is called again. */
const RETRY: BackoffTimes = { first: 1000, most: 60_000 };

/** Ends that a channel's worker remembers; there may be more that are pending. */
const MAX_KNOWN = 1024;

/** Milliseconds after which a listener that still runs is told of. */
const SLOW = 60_000;

/** What listeners to `message_completed` are told. */
export interface CompletedEvent {
  readonly channel: string;
  /** The message as it ended. */
  readonly message: Message;
  /**
   * The same for every call about this end of this message, and for no other: listeners are called
   * at least once, on one server at a time, and again after a crash or an error. Keep it with what
   * is done, as a unique key, to do that once.
   */
  readonly key: string;
}

/** Is called when a message has ended. What it returns is waited for; a rejection is tried again. */
export type CompletedListener = (event: CompletedEvent) => unknown;

/** What {@link Completions} need of their server. */
export interface CompletionsHost {
  readonly clock: Clock;
  /** From 0 to 1. */
  random(): number;
  /** Those that listen now. */
  readonly listeners: Iterable<CompletedListener>;
  /** A listener has failed, or takes long. */
  report(error: unknown): void;
}

/** A channel whose listeners this server calls. */
export interface CompletingChannel {
  readonly name: string;
  /** Messages whose listeners are still to be called, in order. */
  readonly pending: Iterable<Ended>;
  /** A message as it is now. */
  message(id: string): Message | undefined;
  /** Whether the store has the end of a message; always, where there is no store. */
  isSaved(ended: Ended): boolean;
  /** All listeners were called, and none failed. `pending` leaves it out sooner or later. */
  done(ended: Ended): void;
}

/** The end of one message. */
export function completionKey(channel: string, { id, generation }: Ended): string {
  return JSON.stringify([channel, id, generation]);
}

/**
 * Calls the listeners about the ends of one channel's messages.
 *
 * 1. One end after the other, in their order; what has failed is tried again before the next.
 * 2. A message that is removed, or begun anew, before its listeners were called is told of as it
 *    ended, by the server that saw it end. One that does not have it any more leaves it out.
 */
export class CompletionWorker {
  readonly #host: CompletionsHost;
  readonly #channel: CompletingChannel;
  /** Ends to come, by key, in order; with the message where this server saw it end. */
  readonly #next = new Map<string, Ended | Message>();
  /** Those that are done, and may still be pending. */
  #done = new Set<string>();
  /** How many of them there may be before it is looked at which ones are not pending any more. */
  #maxDone = MAX_KNOWN;
  /** Listeners that were called about the first one and did not fail. */
  readonly #called = new Set<CompletedListener>();
  #failures = 0;
  #cancelRetry: (() => void) | undefined;
  #isStopped = false;
  #running: Promise<void> | undefined;

  /** @param after what is waited for before anything is called */
  constructor(host: CompletionsHost, channel: CompletingChannel, after?: Promise<void>) {
    this.#host = host;
    this.#channel = channel;
    this.#running = after && this.#then(after);
  }

  /** A message has ended. */
  add(message: Message): void {
    // Where it is not remembered here, it is pending all the same.
    if (this.#first() && this.#next.size >= MAX_KNOWN) return;
    const key = completionKey(this.#channel.name, message);
    if (!this.#done.has(key)) this.#next.set(key, message);
  }

  /** Goes on, where that is possible now. */
  look(): void {
    if (this.#isStopped || this.#running || this.#cancelRetry) return;
    const ended = this.#first();
    if (ended && this.#channel.isSaved(ended)) this.#running = this.#then(this.#run(ended));
  }

  /** Calls nobody any more; resolves once those have ended that were called. */
  stop(): Promise<void> {
    this.#isStopped = true;
    this.#cancelRetry?.();
    return this.#running ?? Promise.resolve();
  }

  async #then(running: Promise<void>): Promise<void> {
    await running;
    this.#running = undefined;
    this.look();
  }

  #first(): Ended | Message | undefined {
    if (this.#next.size === 0) this.#learn();
    const [first] = this.#next.values();
    return first;
  }

  /** Takes over what is pending, and forgets what was done and is not. */
  #learn(): void {
    const done = new Set<string>();
    for (const ended of this.#channel.pending) {
      const key = completionKey(this.#channel.name, ended);
      if (this.#done.has(key)) done.add(key);
      else if (this.#next.size < MAX_KNOWN && !this.#next.has(key)) this.#next.set(key, ended);
    }
    this.#done = done;
    this.#maxDone = 2 * done.size + MAX_KNOWN;
  }

  async #run(ended: Ended | Message): Promise<void> {
    const { name: channel } = this.#channel;
    const { clock } = this.#host;
    const key = completionKey(channel, ended);
    const message = this.#messageOf(ended);
    // In a turn of its own: what it does, or throws, comes after the frame that it is about.
    await new Promise<void>((resolve) => clock.after(0, resolve));
    const isDone = this.#isStopped
      ? false
      : !message || (await this.#call({ channel, message, key }));
    if (isDone) this.#end(key, ended);
    else this.#retry();
  }

  #messageOf(ended: Ended | Message): Message | undefined {
    if ("parts" in ended) return ended;
    const message = this.#channel.message(ended.id);
    return message?.isFinal && message.generation === ended.generation ? message : undefined;
  }

  /** Returns whether all of them have been called, and none has failed. */
  async #call(event: CompletedEvent): Promise<boolean> {
    const { clock, listeners } = this.#host;
    const { channel, message } = event;
    const cancel = clock.after(SLOW, () => {
      const what = `a listener to message_completed has not ended ${SLOW / 1000} s after it was called`;
      const where = `about message ${message.id} of channel ${channel}; those after it wait`;
      this.#host.report(new DeltawireError("timeout", `${what} ${where}`, { channel }));
    });
    const calls = [...listeners].filter((listener) => !this.#called.has(listener));
    const ends = await Promise.all(
      calls.map(async (listener) => {
        try {
          await listener(event);
          this.#called.add(listener);
          return true;
        } catch (error) {
          this.#host.report(error);
          return false;
        }
      }),
    );
    cancel();
    return ends.every((isGood) => isGood);
  }

  #end(key: string, { id, generation }: Ended): void {
    this.#failures = 0;
    this.#called.clear();
    this.#next.delete(key);
    this.#done.add(key);
    this.#channel.done({ id, generation });
    if (this.#done.size > this.#maxDone) this.#learn();
  }

  #retry(): void {
    if (this.#isStopped) return;
    this.#failures += 1;
    const delay = backoff(this.#failures, RETRY, this.#host.random());
    this.#cancelRetry = this.#host.clock.after(delay, () => {
      this.#cancelRetry = undefined;
      this.look();
    });
  }
}
