import { type ChannelState, SnapshotAssembly } from "@deltawire/protocol/state";
import { DeltawireError, type HistoryFrame, type HistoryPageFrame, LIMITS } from "@deltawire/spec";
import type { HistoryOutcome } from "./outcome.js";

/** How often a page is asked for again because its version was past. */
const MOST_REPEATS = 3;

/** A page that was asked for. */
interface Question {
  readonly request: number;
  /** The replica's first message then. */
  readonly before: string;
  readonly count: number;
  readonly repeats: number;
  page?: ChannelState | undefined;
}

/** What became of a page, and the replica that it made, if it did. */
interface Settled {
  readonly outcome: HistoryOutcome;
  readonly replica?: ChannelState;
}

/**
 * Messages before a replica's window, asked for page by page. A page belongs to a version: one of a
 * later version is kept until the replica gets there, one of an earlier version is asked for again.
 */
export class History {
  readonly #channel: string;
  #asked: Question | undefined;

  constructor(channel: string) {
    this.#channel = channel;
  }

  /** Whether a page is to come, or waits. */
  get isAsked(): boolean {
    return this.#asked !== undefined;
  }

  /** The frame that asks for what is before a message. */
  ask(request: number, before: string, count: number, repeats = 0): HistoryFrame {
    this.#asked = { request, before, count, repeats };
    return { type: "history", channel: this.#channel, request, before, last: count };
  }

  forget(): void {
    this.#asked = undefined;
  }

  /** Takes a page; what became of it where it is none. */
  take({ type: _, ...page }: HistoryPageFrame): HistoryOutcome | undefined {
    const asked = this.#asked;
    if (asked?.request !== page.request) return undefined;
    return this.#guard(() => {
      asked.page = new SnapshotAssembly().add({ type: "snapshot", ...page });
      return undefined;
    })?.outcome;
  }

  /** Takes an error, if it answers the question. */
  refuse(request: number | undefined, error: DeltawireError): HistoryOutcome | undefined {
    if (!this.#asked || this.#asked.request !== request) return undefined;
    this.forget();
    return { type: "refused", error };
  }

  /**
   * Puts the page that waits before the replica, if it is of its version.
   *
   * @param next gives the number of another request
   */
  settle(replica: ChannelState, next: () => number): Settled | undefined {
    const { page, before, count, repeats } = this.#asked ?? {};
    if (!page || count === undefined || repeats === undefined) return undefined;
    if (page.epoch === replica.epoch && page.seq > replica.seq) return undefined;
    const [first] = replica.messages;
    if (replica.earlier === 0 || !first) return this.#loaded(replica);
    const isPast = page.epoch !== replica.epoch || page.seq < replica.seq;
    return this.#guard(() => {
      if (!isPast && first.id === before) return this.#loaded(this.#prepended(replica, page));
      if (repeats < MOST_REPEATS) {
        return { outcome: { type: "again", send: this.ask(next(), first.id, count, repeats + 1) } };
      }
      const what = "the channel changes faster than earlier messages come; try again later";
      throw this.#error("overloaded", what);
    });
  }

  #loaded(replica: ChannelState): Settled {
    this.forget();
    return { outcome: { type: "loaded" }, replica };
  }

  #prepended(replica: ChannelState, page: ChannelState): ChannelState {
    const messages = [...page.messages, ...replica.messages];
    if (messages.length > LIMITS.max_messages) {
      throw this.#error("limit_exceeded", `max_messages (${LIMITS.max_messages}) exceeded`);
    }
    if (page.messages.some(({ id }) => replica.message(id))) {
      throw this.#error("malformed", "a page of earlier messages has one that is there already");
    }
    return replica.with({ messages, earlier: page.earlier });
  }

  /** What is wrong with a page concerns it alone. */
  #guard(step: () => Settled | undefined): Settled | undefined {
    try {
      return step();
    } catch (error) {
      if (!(error instanceof DeltawireError)) throw error;
      this.forget();
      return { outcome: { type: "refused", error } };
    }
  }

  #error(code: "limit_exceeded" | "malformed" | "overloaded", what: string): DeltawireError {
    return new DeltawireError(code, what, { channel: this.#channel });
  }
}
