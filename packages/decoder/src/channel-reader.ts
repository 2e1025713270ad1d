import { ChannelState } from "@deltawire/protocol";
import type { DeltawireError, SubscribeFrame } from "@deltawire/spec";
import { ChangeFeed, type ChannelEvent } from "./change-feed.js";
import { Decoder, type ReceivedFrame } from "./decoder.js";

/** What a {@link ChannelReader} needs from whoever drives it. */
export interface ReaderHost {
  /** Somebody begins to read: subscribe, with {@link ChannelReader.join}. */
  open(): void;
  /** Nobody reads any more: unsubscribe. */
  close(): void;
  /** Asks for a repair. */
  send(frame: SubscribeFrame): void;
  /** Runs a notification of listeners later, together with others: an animation frame, say. */
  notify(run: () => void): void;
}

const EMPTY = ChannelState.of("");

/** One channel, read: a {@link Decoder}, and those who watch its state. */
export class ChannelReader {
  readonly #host: ReaderHost;
  readonly #decoder: Decoder;
  readonly #listeners = new Set<() => void>();
  readonly #feeds = new Set<ChangeFeed>();
  #notifying = false;
  #ended: { readonly error: DeltawireError | undefined } | undefined;

  constructor(channel: string, host: ReaderHost) {
    this.#decoder = new Decoder(channel);
    this.#host = host;
  }

  /** The last good state; empty before the first. Immutable, and shared where unchanged. */
  get state(): ChannelState {
    return this.#decoder.state ?? EMPTY;
  }

  /** Whether somebody reads, and the state is as new as the server's last word. */
  get isLive(): boolean {
    return this.isOpen && !this.#ended && this.#decoder.isLive;
  }

  /** Why reading ended, if it did. */
  get error(): DeltawireError | undefined {
    return this.#ended?.error;
  }

  /** How often what happened. */
  get counts(): Decoder["counts"] {
    return this.#decoder.counts;
  }

  /** Whether anybody reads. */
  get isOpen(): boolean {
    return this.#listeners.size + this.#feeds.size > 0;
  }

  /** The frame that asks for the channel from where this replica is. */
  join(): SubscribeFrame {
    return this.#decoder.join();
  }

  /** Calls back after the state, or {@link error}, has changed. Returns what stops it. */
  subscribe(listener: () => void): () => void {
    const own = () => listener(); // the same function may be subscribed twice
    this.#add(() => this.#listeners.add(own));
    return () => {
      if (this.#listeners.delete(own)) this.#closeIfUnused();
    };
  }

  /** Composed changes as they come, beginning with a reset to the present state. */
  changes(): AsyncIterableIterator<ChannelEvent> {
    const feed = new ChangeFeed((gone) => {
      if (this.#feeds.delete(gone)) this.#closeIfUnused();
    });
    if (this.#decoder.state) feed.reset(this.#decoder.state);
    if (this.#ended) {
      feed.end(this.#ended.error);
      return feed;
    }
    this.#add(() => this.#feeds.add(feed));
    return feed;
  }

  #add(add: () => void): void {
    const wasOpen = this.isOpen;
    add();
    if (!wasOpen && !this.#ended) this.#host.open();
  }

  #closeIfUnused(): void {
    if (this.isOpen) return;
    this.#decoder.leave();
    this.#host.close();
  }

  /** Takes a frame of this channel. */
  receive(frame: ReceivedFrame): void {
    const outcome = this.#decoder.receive(frame);
    const { state } = this;
    if (outcome.type === "repair") this.#host.send(outcome.send);
    if (outcome.type === "failed") this.end(outcome.error);
    if (outcome.type === "applied") {
      for (const feed of this.#feeds) feed.push(outcome.frame.changes, state);
      this.#notify();
    }
    if (outcome.type === "reset") {
      for (const feed of this.#feeds) feed.reset(state);
      this.#notify();
    }
  }

  /** Reading ends, once and for all; the last good state stays. */
  end(error?: DeltawireError): void {
    if (this.#ended) return;
    this.#ended = { error };
    const feeds = [...this.#feeds];
    for (const feed of feeds) feed.end(error);
    this.#feeds.clear(); // who is thrown out of a loop does not return
    if (feeds.length > 0) this.#closeIfUnused();
    this.#notify();
  }

  #notify(): void {
    if (this.#notifying || this.#listeners.size === 0) return;
    this.#notifying = true;
    this.#host.notify(() => {
      this.#notifying = false;
      const errors: unknown[] = [];
      for (const listener of [...this.#listeners]) {
        if (!this.#listeners.has(listener)) continue; // an earlier one has removed it
        try {
          listener();
        } catch (error) {
          errors.push(error);
        }
      }
      if (errors.length > 0) throw errors[0]; // everybody was told first
    });
  }
}
