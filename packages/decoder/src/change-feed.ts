import type { Composition } from "@deltawire/protocol/composition";
import type { ChannelState } from "@deltawire/protocol/state";
import type { Change, DeltawireError } from "@deltawire/spec";
import type { ResetReason } from "./outcome.js";

/** What a reader that patches a view itself gets. */
export type ChannelEvent =
  /** These changes, in this order, lead to this state. */
  | { readonly type: "changes"; readonly changes: readonly Change[]; readonly state: ChannelState }
  /**
   * Begin anew from this state. `initial`: the first event. `snapshot`: the server stated the
   * channel whole, or the reader fell far behind. `earlier_messages`: messages were loaded before
   * the first one. `history_lost`: the server has lost what was there before.
   */
  | { readonly type: "reset"; readonly reason: ResetReason; readonly state: ChannelState };

/** Gives what adds changes up; it may have to be loaded. */
export type Composing = () => typeof Composition | Promise<typeof Composition>;

/**
 * An iterator over a channel's changes. A reader that is slow gets composed changes, or a reset
 * where that is less: what waits for it is bounded by the state, not by its slowness.
 */
export class ChangeFeed implements AsyncIterableIterator<ChannelEvent> {
  readonly #onReturn: (feed: ChangeFeed) => void;
  readonly #composing: Composing;
  #composition: typeof Composition | undefined;
  #state: ChannelState | undefined;
  /** What the reader has. */
  #given: ChannelState | undefined;
  /** Changes since the reader's last event; undefined where only a reset will do. */
  #pending: Composition | undefined;
  #reason: ResetReason = "initial";
  #ended: { readonly error?: DeltawireError } | undefined;
  #wake: (() => void) | undefined;
  /** The latest call of {@link next}: calls that overlap are answered in their order. */
  #turn: Promise<unknown> = Promise.resolve();

  constructor(onReturn: (feed: ChangeFeed) => void, composing: Composing) {
    this.#onReturn = onReturn;
    this.#composing = composing;
  }

  /** The state has moved on by changes. */
  push(changes: readonly Change[], state: ChannelState): void {
    this.#state = state;
    this.#pending?.add(changes);
    const size = this.#pending?.size ?? 0;
    if (size > LEAST && size > sizeOf(state)) this.#replace("snapshot");
    this.#wake?.();
  }

  /** The state was replaced. */
  reset(state: ChannelState, reason: ResetReason): void {
    this.#state = state;
    this.#replace(reason);
    this.#wake?.();
  }

  /** Of resets that wait together, that of a lost history says most; the first one is the first. */
  #replace(reason: ResetReason): void {
    const isTold = this.#pending === undefined && KEPT.has(this.#reason);
    if (!isTold) this.#reason = reason;
    this.#pending = undefined;
  }

  /** Nothing follows: what waits is still delivered, then the iterator ends or throws. */
  end(error?: DeltawireError): void {
    this.#ended ??= error ? { error } : {};
    this.#wake?.();
  }

  next(): Promise<IteratorResult<ChannelEvent, undefined>> {
    const next = () => this.#next();
    const turn = this.#turn.then(next, next);
    this.#turn = turn;
    return turn;
  }

  async #next(): Promise<IteratorResult<ChannelEvent, undefined>> {
    for (;;) {
      const value = this.#take(this.#composition ?? (await this.#compose()));
      if (value) return { done: false, value };
      if (this.#ended?.error) throw this.#ended.error;
      if (this.#ended) return { done: true, value: undefined };
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }

  async #compose(): Promise<typeof Composition> {
    try {
      this.#composition = await this.#composing();
      return this.#composition;
    } catch (error) {
      await this.return(); // who is thrown out of a loop does not
      throw error;
    }
  }

  async return(): Promise<IteratorResult<ChannelEvent, undefined>> {
    this.end();
    this.#state = undefined;
    this.#given = undefined;
    this.#onReturn(this);
    return { done: true, value: undefined };
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  #take(Pending: typeof Composition): ChannelEvent | undefined {
    const state = this.#state;
    if (!state) return undefined;
    const given = this.#given;
    const changes = this.#pending?.changes(state);
    this.#state = undefined;
    this.#given = state;
    this.#pending = new Pending();
    if (!changes) return { type: "reset", reason: this.#reason, state };
    if (given && beginsBefore(given, changes)) return { type: "reset", reason: "snapshot", state };
    return { type: "changes", changes, state };
  }
}

/**
 * Whether changes begin anew what may be a message before the window: composed, a message that has
 * come, ended and begun again since cannot be told from one.
 */
const beginsBefore = (window: ChannelState, changes: readonly Change[]): boolean =>
  window.earlier > 0 &&
  changes.some(
    (change) =>
      change.type === "message_added" && change.generation > 0 && !window.message(change.id),
  );

const KEPT: ReadonlySet<ResetReason> = new Set(["initial", "history_lost"]);

/** Size below which composed changes are not compared with the state. */
const LEAST = 64 * 1024;

const sizeOf = (state: ChannelState): number =>
  state.messages.reduce((sum, message) => sum + message.size, 0);
