import { Decoder, type Outcome, type ReceivedFrame } from "@deltawire/decoder";
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
 * Looks over the shoulder of a reader: an engine like its own takes the same frames in the same
 * order, so that it does what the reader does.
 *
 * 1. The reader's requests are seen as they are sent; each is a request of this engine, by another
 *    number.
 * 2. Where the engine asks and the reader does not, they differ: nothing is known then, until the
 *    reader asks for the channel and is told all of it.
 */
export class Follower {
  readonly #channel: string;
  #decoder: Decoder;
  /** What this engine calls the reader's outstanding requests. */
  readonly #requests = new Map<number, number>();
  /** The reader's latest `subscribe`, and why it was sent. */
  #subscribed: number | undefined;
  #purpose: Reason = "unknown";
  /** Whether the reader is to ask anew, since something is missing or wrong. */
  #mustAsk = false;
  /** What this engine calls the page that is to be asked for again. */
  #again: number | undefined;

  constructor(channel: string) {
    this.#channel = channel;
    this.#decoder = new Decoder(channel);
  }

  /** What the reader shows, as far as it is known. */
  get state(): ChannelState | undefined {
    return this.#decoder.state;
  }

  /** The reader has a state already. */
  begin(state: ChannelState): void {
    this.#lose();
    const { request } = this.#decoder.join();
    for (const frame of snapshotFrames(this.#channel, state, request)) this.#decoder.receive(frame);
  }

  /** The connection is gone, or nobody reads any more. */
  left(): void {
    this.#decoder.leave();
    this.#mustAsk = false;
    this.#again = undefined;
  }

  /** Something could not be read: all that is open asks anew. */
  unreadable(): void {
    if (this.#subscribed === undefined) return;
    this.left();
    this.#mustAsk = true;
  }

  /** The reader asks for the channel. */
  subscribed(frame: SubscribeFrame): Reason {
    const isRepair = this.#mustAsk;
    if (!isRepair) this.left();
    this.#mustAsk = false;
    const { replica } = this.#decoder;
    let ask = this.#decoder.join();
    const isWrong = replica !== undefined && ask.epoch === undefined;
    const isKnown = frame.seq === undefined || frame.seq === replica?.seq;
    const isForgotten =
      frame.seq === undefined && !isRepair && !isWrong && (replica?.messages.length ?? 0) > 0;
    if (!isKnown || isForgotten) {
      this.#lose();
      ask = this.#decoder.join();
    }
    this.#requests.clear();
    this.#requests.set(frame.request, ask.request);
    this.#subscribed = frame.request;
    this.#purpose = purposeOf(frame, isRepair || isWrong);
    return this.#purpose;
  }

  /** The reader asks for earlier messages. */
  asked(frame: HistoryFrame): Reason {
    const own = this.#again ?? this.#decoder.history(frame.last)?.request;
    this.#again = undefined;
    if (own !== undefined) this.#requests.set(frame.request, own);
    return "earlier";
  }

  /** The reader receives a frame. */
  received(frame: ReceivedFrame): Followed {
    if (this.#mustAsk && this.#decoder.replica && this.#subscribed !== undefined) {
      this.#lose(); // it has not asked: it knows more than this
    }
    const own = this.#translated(frame);
    if (!own) return { reason: "unknown" };
    const seq = this.#decoder.replica?.seq;
    const outcome = this.#decoder.receive(own);
    if (outcome.type === "repair") this.#mustAsk = true;
    if (outcome.history?.type === "again") this.#again = outcome.history.send.request;
    const isAlone = outcome.type === "applied" && !outcome.history && frame.type === "changes";
    const reason = this.#reason(frame, outcome, seq);
    return { reason, ...(isAlone && { frame }) };
  }

  /** The frame with the number that this engine has for its request; undefined where it has none. */
  #translated(frame: ReceivedFrame): ReceivedFrame | undefined {
    if (frame.type === "checkpoint" || frame.request === undefined) return frame;
    let request = this.#requests.get(frame.request);
    if (request === undefined && frame.type === "subscribed") {
      // Asked before the recording: from here on all of the answer is seen.
      request = this.#decoder.join().request;
      this.#requests.set(frame.request, request);
      this.#subscribed = frame.request;
      this.#purpose = "unknown";
    }
    return request === undefined ? undefined : { ...frame, request };
  }

  #lose(): void {
    this.#decoder = new Decoder(this.#channel);
    this.#requests.clear();
    this.#subscribed = undefined;
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
