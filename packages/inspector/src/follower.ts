import { Decoder, type Outcome, type ReceivedFrame } from "@deltawire/decoder";
import { History } from "@deltawire/decoder/history";
import { type ChannelState, snapshotFrames } from "@deltawire/protocol";
import type { ChangesFrame, HistoryFrame, SubscribeFrame } from "@deltawire/spec";
import { isTogether } from "./edit-count.js";
import type { Reason } from "./row.js";

/** What a received frame did to the state. */
export interface Followed {
  readonly reason: Reason | undefined;
  /** What moved it, if that is all that did. */
  readonly frame?: ChangesFrame;
}

/**
 * What the reader does with what comes next: it applies it (`live`); it waits for an answer of which
 * nothing came that counts (`asked`); it ignores all (`left`, and `refused` by the answer to what it
 * asked); or that depends on more than a state and a request (`unclear`).
 */
export type Following = "live" | "asked" | "left" | "refused" | "unclear";

/**
 * Looks over the shoulder of a reader: an engine like its own takes the same frames in the same
 * order, so that it does what the reader does.
 *
 * 1. The reader's requests are seen as they are sent; each is a request of this engine, by another
 *    number.
 * 2. Where the engine asks and the reader does not, they differ: nothing is known then, until the
 *    reader asks for the channel and is told all of it.
 * 3. What began before the recording is guessed, up to the reader's next question: that it follows
 *    the state that was there, holds no page back, and that an answer is one to its latest question.
 */
export class Follower {
  readonly #channel: string;
  #decoder: Decoder;
  /** What this engine calls the reader's outstanding requests. */
  readonly #requests = new Map<number, number>();
  /** The reader's latest `subscribe`, 0 before the first one that is seen, and why it was sent. */
  #subscribed = 0;
  #purpose: Reason = "unknown";
  /** The lowest number of a request that was seen: a page for one before it may still be awaited. */
  #first = Number.POSITIVE_INFINITY;
  /** Whether the reader has asked, and neither left nor lost its connection since. */
  #isOpen = false;
  /** Whether the reader asks anew now if it is like this engine: something is missing or wrong. */
  #mustAsk = false;
  /** Whether what it asks for next is to repair something. */
  #isRepair = false;
  /** Whether the reader may have had a state since this engine last knew it. */
  #isBlind = false;
  /** Whether no question was seen since the state was told: what the next one is for is not known. */
  #isTold = false;
  /** What became of the latest question, where that is neither an answer nor nothing. */
  #fate: "refused" | "unclear" | undefined;
  /** What this engine calls the page that was asked for. */
  #page: number | undefined;
  /** What this engine calls the page that is to be asked for again. */
  #again: number | undefined;

  constructor(channel: string) {
    this.#channel = channel;
    this.#decoder = new Decoder(channel);
  }

  /** What the reader shows, as far as it is known. */
  get state(): ChannelState | undefined {
    const { state } = this.#decoder;
    if (!this.#isBlind || !state) return state;
    // In the place of a history that was lost, the reader shows this only once there is something.
    return state.messages.length + state.earlier > 0 || state.closed ? state : undefined;
  }

  /** What the reader does with what comes next, as far as it is known. */
  get following(): Following {
    const { isStale, isLive } = this.#decoder;
    if (isStale) return "unclear"; // what is shown is not what the next frame applies to
    if (this.#isRepair) return "live"; // it asks before anything else is received
    if (this.#fate) return this.#fate;
    if (!this.#isOpen) return "left";
    return isLive ? "live" : "asked";
  }

  /** The reader has a state already. */
  begin(state: ChannelState): void {
    this.#lose();
    const { request } = this.#decoder.join();
    for (const frame of snapshotFrames(this.#channel, state, request)) this.#decoder.receive(frame);
    this.#isBlind = false;
    this.#isTold = true;
    this.#isOpen = true; // or not: then it asks before anything else is received
  }

  /** The connection is gone, or nobody reads any more. */
  left(): void {
    this.#decoder.leave();
    this.#isOpen = false;
    this.#mustAsk = false;
    this.#isRepair = false;
    this.#fate = undefined;
    this.#again = undefined;
    this.#page = undefined;
  }

  /** Something could not be read: all that is open asks anew. */
  unreadable(): void {
    const isOpen = this.#isOpen;
    this.left();
    this.#isRepair = isOpen;
  }

  /** The reader asks for the channel. */
  subscribed(frame: SubscribeFrame): Reason {
    const isRepair = this.#isRepair;
    if (!this.#mustAsk) this.left();
    this.#mustAsk = false;
    this.#isRepair = false;
    const { replica } = this.#decoder;
    let ask = this.#decoder.join();
    const isWrong = replica !== undefined && ask.epoch === undefined;
    // It has asked before: to ask for all of it may be a repair of what it shows.
    if (!replica && this.#subscribed === 0 && frame.request > 1) this.#isBlind = true;
    const isKnown = frame.seq === undefined || frame.seq === replica?.seq;
    const isForgotten =
      frame.seq === undefined && !isRepair && !isWrong && (replica?.messages.length ?? 0) > 0;
    if (!isKnown || isForgotten) {
      this.#lose();
      this.#isBlind = !isForgotten || this.#isTold;
      ask = this.#decoder.join();
    }
    this.#isOpen = true;
    this.#isTold = false;
    this.#fate = undefined;
    for (const [request, own] of this.#requests) {
      // The page that was asked for may still come, if it is a repair that this is for.
      if (own !== this.#page) this.#requests.delete(request);
    }
    this.#requests.set(frame.request, ask.request);
    this.#subscribed = frame.request;
    this.#first = Math.min(this.#first, frame.request);
    this.#purpose = purposeOf(frame, isRepair || isWrong);
    return this.#purpose;
  }

  /** The reader asks for earlier messages. */
  asked(frame: HistoryFrame): Reason {
    const own = this.#again ?? this.#decoder.history(frame.last, History)?.request;
    this.#again = undefined;
    if (own !== undefined) this.#requests.set(frame.request, own);
    this.#page = own;
    this.#first = Math.min(this.#first, frame.request);
    return "earlier";
  }

  /** The reader receives a frame. */
  received(frame: ReceivedFrame): Followed {
    if (this.#mustAsk) this.#miss(); // it has not asked: it knows more than this
    const own = this.#translated(frame);
    if (!own) {
      const isOld = frame.type === "history_page" && frame.request < this.#first;
      if (this.#isPast(frame) && !isOld) return { reason: "ignored" };
      if (frame.type !== "error") this.#miss(); // it may be half of an answer
      return { reason: "unknown" };
    }
    const seq = this.#decoder.replica?.seq;
    const outcome = this.#decoder.receive(own);
    if (outcome.type === "repair") {
      this.#mustAsk = true;
      this.#isRepair = true;
    }
    if (outcome.history?.type === "again") this.#again = outcome.history.send.request;
    if (this.state) this.#isBlind = false;
    this.#fate = this.#fateAfter(frame, outcome);
    const isAlone = outcome.type === "applied" && !outcome.history && frame.type === "changes";
    const reason = this.#reason(frame, outcome, seq);
    return { reason, ...(isAlone && { frame }) };
  }

  #fateAfter(frame: ReceivedFrame, outcome: Outcome): "refused" | "unclear" | undefined {
    if (this.#decoder.isLive) return undefined;
    if (outcome.type === "failed") return frame.type === "error" ? "refused" : "unclear";
    const isHalf = frame.type === "snapshot" && frame.request === this.#subscribed;
    return isHalf ? "unclear" : this.#fate;
  }

  /** The frame with the number that this engine has for its request; undefined where it has none. */
  #translated(frame: ReceivedFrame): ReceivedFrame | undefined {
    if (frame.type === "checkpoint" || frame.request === undefined) return frame;
    let request = this.#requests.get(frame.request);
    if (request === undefined && frame.type === "subscribed" && !this.#isPast(frame)) {
      // Asked before the recording, and taken for the latest question: all of the answer is seen.
      request = this.#decoder.join().request;
      this.#isBlind ||= !this.#decoder.state;
      this.#requests.set(frame.request, request);
      this.#isOpen = true;
      this.#subscribed = frame.request;
      this.#purpose = "unknown";
    }
    return request === undefined ? undefined : { ...frame, request };
  }

  /** Whether it answers a request that a later one has taken the place of: their numbers grow. */
  #isPast(frame: ReceivedFrame): boolean {
    const isAnswer = frame.type !== "checkpoint" && frame.request !== undefined;
    return isAnswer && Number(frame.request) < this.#subscribed;
  }

  /** The reader knows what this does not. */
  #miss(): void {
    this.#lose();
    this.#fate = "unclear";
  }

  #lose(): void {
    this.#decoder = new Decoder(this.#channel);
    this.#isBlind = true;
    this.#requests.clear();
    this.left();
  }

  #reason(frame: ReceivedFrame, outcome: Outcome, seq: number | undefined): Reason | undefined {
    switch (outcome.type) {
      case "repair":
        return outcome.cause.code === "gap" ? "gap" : "mismatch";
      case "failed":
        return frame.type === "error" ? "refused" : "mismatch";
      case "stale":
        return "history_lost";
      case "reset":
        return outcome.reason === "history_lost" ? "history_lost" : this.#purpose;
      case "applied":
        return frame.type === "changes" ? this.#ofChanges(frame) : undefined;
      case "ignored":
        return this.#ofIgnored(frame, seq);
    }
  }

  #ofChanges(frame: ChangesFrame): Reason {
    if (frame.request !== undefined) return this.#purpose;
    if (frame.to > frame.from + 1) return "caught_up";
    return isTogether(frame.changes) ? "throttled" : "live";
  }

  /** Of a frame that did not change the state, whether or not it had to do so. */
  #ofIgnored(frame: ReceivedFrame, seq: number | undefined): Reason | undefined {
    switch (frame.type) {
      case "error":
        return "refused";
      case "checkpoint":
        return undefined;
      case "history_page":
        return "earlier";
      case "subscribed":
        return frame.request === this.#subscribed ? this.#purpose : "ignored";
      case "snapshot": // a chunk that others follow
        return frame.request === this.#subscribed && !this.#decoder.isLive
          ? this.#purpose
          : "ignored";
      case "changes":
        if (seq === undefined) return "unknown";
        return frame.to <= seq && this.#decoder.isLive ? "repeated" : "ignored";
    }
  }
}

function purposeOf({ seq }: SubscribeFrame, isRepair: boolean): Reason {
  if (isRepair) return "resynced";
  return seq === undefined ? "joined" : "caught_up";
}
