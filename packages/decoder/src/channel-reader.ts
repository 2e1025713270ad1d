import { ChannelState } from "@deltawire/protocol/state";
import {
  type Change,
  DeltawireError,
  type Filter,
  type HistoryFrame,
  type SubscribeFrame,
} from "@deltawire/spec";
import { ChangeFeed, type ChannelEvent, type Composing } from "./change-feed.js";
import { Decoder } from "./decoder.js";
import type { History } from "./history.js";
import type { HistoryOutcome, ReceivedFrame, ResetReason } from "./outcome.js";

/** What a {@link ChannelReader} needs from whoever drives it. */
export interface ReaderHost {
  /** Somebody begins to read: subscribe, with {@link ChannelReader.join}. */
  open(): void;
  /** Nobody reads any more: unsubscribe. */
  close(): void;
  /** Asks for a repair, or for earlier messages. */
  send(frame: SubscribeFrame | HistoryFrame): void;
  /** Runs a notification of listeners later, together with others: an animation frame, say. */
  notify(run: () => void): void;
  /** What adds changes up for {@link ChannelReader.changes}: only who calls that needs it. */
  readonly composing: Composing;
  /** Reading failed for now: {@link ChannelReader.join} again later. @default it ends */
  retry?(error: DeltawireError): void;
}

/** How a {@link ChannelReader} reads. */
export interface ReaderOptions {
  /** Messages to begin with, the last ones; {@link ChannelReader.history} loads more. @default all */
  readonly last?: number;
  /** Which messages are wanted, one that the gate has taken. @default all of them */
  readonly filter?: Filter;
}

/** Takes the changes of a frame; undefined where the state was replaced. */
export type ChangeObserver = (changes: readonly Change[] | undefined) => void;

/** A question for earlier messages that waits for its answer. */
interface PendingHistory {
  readonly promise: Promise<void>;
  resolve(): void;
  reject(error: DeltawireError): void;
}

const EMPTY = ChannelState.of("");

/** One channel, read: a {@link Decoder}, and those who watch its state. */
export class ChannelReader {
  readonly #host: ReaderHost;
  readonly #decoder: Decoder;
  readonly #listeners = new Set<() => void>();
  readonly #feeds = new Set<ChangeFeed>();
  readonly #observers = new Set<ChangeObserver>();
  readonly #channel: string;
  #notifying = false;
  /** What listeners know of {@link isLive} and {@link isStale}. */
  #told = "";
  #history: PendingHistory | undefined;
  #ended: { readonly error: DeltawireError | undefined } | undefined;

  constructor(channel: string, host: ReaderHost, options: ReaderOptions = {}) {
    this.#channel = channel;
    this.#decoder = new Decoder(channel, options.last, options.filter);
    this.#host = host;
  }

  /**
   * The last good state; empty before the first. Immutable, and shared where unchanged. It stays
   * while the connection is gone, and while a new history has nothing in it yet.
   */
  get state(): ChannelState {
    return this.#decoder.state ?? EMPTY;
  }

  /** See {@link Decoder.replica}. */
  get replica(): ChannelState | undefined {
    return this.#decoder.replica;
  }

  /** Whether somebody reads, and the state is as new as the server's last word. */
  get isLive(): boolean {
    return this.isOpen && !this.#ended && this.#decoder.isLive;
  }

  /** Whether {@link state} is of a history that the server has lost, and nothing came since. */
  get isStale(): boolean {
    return this.#decoder.isStale;
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

  /**
   * Loads messages before the first one of {@link state}; `state.earlier` says how many there are.
   * While an earlier call waits, another one is the same.
   *
   * @param count how many at most
   * @throws DeltawireError why they are not to be had; those of group `retry` only now. Reading
   *   goes on
   */
  history(count: number, Pages: typeof History): Promise<void> {
    if (this.#history) return this.#history.promise;
    const send = this.isOpen && !this.#ended ? this.#decoder.history(count, Pages) : undefined;
    if (!send && this.state.earlier > 0) {
      return Promise.reject(this.#error("connection_lost", "earlier messages need a live channel"));
    }
    if (send?.type === "history") this.#history = pending();
    if (send) this.#host.send(send);
    return this.#history?.promise ?? Promise.resolve();
  }

  #error(code: "connection_lost" | "closed", what: string): DeltawireError {
    return new DeltawireError(code, what, { channel: this.#channel });
  }

  #giveUpHistory(error: DeltawireError): void {
    this.#history?.reject(error);
    this.#history = undefined;
  }

  /**
   * The connection is gone: the state stays, and is not live. Once there is another one, send
   * {@link join} if {@link isOpen}.
   */
  lost(): void {
    this.#decoder.leave();
    this.#giveUpHistory(this.#error("connection_lost", "the connection was lost"));
    this.#tell();
  }

  /**
   * Calls back after the state, {@link isLive}, {@link isStale} or {@link error} has changed.
   * Returns what stops it.
   */
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
    }, this.#host.composing);
    if (this.#decoder.state) feed.reset(this.#decoder.state, "initial");
    if (this.#ended) {
      feed.end(this.#ended.error);
      return feed;
    }
    this.#add(() => this.#feeds.add(feed));
    return feed;
  }

  /**
   * Tells the changes of each frame right after they are applied, or undefined where the state was
   * replaced. Who observes does not count as a reader. Returns what stops it.
   */
  observe(observer: ChangeObserver): () => void {
    const own: ChangeObserver = (changes) => observer(changes);
    this.#observers.add(own);
    return () => this.#observers.delete(own);
  }

  /** Which messages are wanted; undefined for all of them. */
  get filter(): Filter | undefined {
    return this.#decoder.wanted.filter;
  }

  /** See {@link Decoder.want}. */
  want(filter: Filter | undefined): void {
    // A filter that was refused says nothing of another one.
    if (this.#ended?.error?.group === "correct") this.#ended = undefined;
    const send = this.#decoder.want(filter);
    this.#giveUpHistory(this.#error("closed", "another filter is asked for"));
    if (!this.isOpen) this.#decoder.leave();
    else if (!this.#ended) this.#host.send(send);
    this.#tell();
  }

  /** Lets go of the state, unless somebody reads. */
  forget(): void {
    if (!this.isOpen) this.#decoder.forget();
  }

  #add(add: () => void): void {
    const wasOpen = this.isOpen;
    add();
    if (!wasOpen && !this.#ended) this.#host.open();
  }

  #closeIfUnused(): void {
    if (this.isOpen) return;
    this.#decoder.leave();
    this.#giveUpHistory(this.#error("closed", "nobody reads the channel any more"));
    this.#host.close();
  }

  /** Takes a frame of this channel: of an `error`, one with a `request`. */
  receive(frame: ReceivedFrame): void {
    if (this.#ended) return;
    const outcome = this.#decoder.receive(frame);
    const { state } = this;
    if (outcome.type === "repair") this.#host.send(outcome.send);
    if (outcome.type === "failed") this.#fail(outcome.error);
    if (outcome.type === "applied") {
      for (const feed of this.#feeds) feed.push(outcome.frame.changes, state);
      for (const observe of this.#observers) observe(outcome.frame.changes);
      this.notify();
    }
    if (outcome.type === "reset") {
      this.#reset(state, outcome.reason);
      this.notify();
    }
    if (outcome.history) this.#settleHistory(outcome.history, state);
    if (outcome.type !== "repair") this.#tell();
  }

  #reset(state: ChannelState, reason: ResetReason): void {
    for (const feed of this.#feeds) feed.reset(state, reason);
    for (const observe of this.#observers) observe(undefined);
  }

  #settleHistory(outcome: HistoryOutcome, state: ChannelState): void {
    if (outcome.type === "again") this.#host.send(outcome.send);
    if (outcome.type === "refused") this.#giveUpHistory(outcome.error);
    if (outcome.type !== "loaded") return;
    this.#reset(state, "earlier_messages");
    this.notify();
    this.#history?.resolve();
    this.#history = undefined;
  }

  #fail(error: DeltawireError): void {
    if (error.group === "retry" && this.#host.retry) this.#host.retry(error);
    else this.end(error);
  }

  /** Reading ends, once and for all; the last good state stays. For errors that no repair helps. */
  end(error?: DeltawireError): void {
    if (this.#ended) return;
    this.#ended = { error };
    this.#giveUpHistory(error ?? this.#error("closed", "reading has ended"));
    const feeds = [...this.#feeds];
    for (const feed of feeds) feed.end(error);
    this.#feeds.clear(); // who is thrown out of a loop does not return
    if (feeds.length > 0) this.#closeIfUnused();
    this.notify();
  }

  /** Tells listeners where they know otherwise of how good the state is. */
  #tell(): void {
    const now = `${this.#decoder.isLive} ${this.isStale}`;
    const isNew = now !== this.#told;
    this.#told = now;
    if (isNew) this.notify();
  }

  /** Calls listeners back, together with what else they are told. */
  notify(): void {
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

function pending(): PendingHistory {
  let settle: Pick<PendingHistory, "resolve" | "reject"> | undefined;
  const promise = new Promise<void>((resolve, reject) => {
    settle = { resolve, reject };
  });
  return { promise, resolve: () => settle?.resolve(), reject: (error) => settle?.reject(error) };
}
