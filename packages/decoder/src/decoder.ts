import { apply, type ChannelState, digestOf, SnapshotAssembly } from "@deltawire/protocol/state";
import {
  type ChangesFrame,
  type CheckpointFrame,
  DeltawireError,
  type ErrorFrame,
  type Filter,
  type HistoryFrame,
  type SnapshotFrame,
  type SubscribedFrame,
  type SubscribeFrame,
  unreachable,
} from "@deltawire/spec";
import { Distrust, differingParts, type PartName } from "./distrust.js";
import type { History } from "./history.js";
import type { DecoderCounts, HistoryOutcome, Outcome, ReceivedFrame } from "./outcome.js";
import type { Situation } from "./situation.js";
import { Wanted } from "./wanted.js";
import { inWindow } from "./window.js";

const IGNORED: Outcome = { type: "ignored" };

/** Repairs in a row after which the replica must have moved on. */
const MOST_REPAIRS = 8;

/**
 * The consumer's engine: turns frames into state. Pure.
 *
 * 1. A frame applies only if it begins at the state's version. One that ends at or below it is
 *    ignored; anything else is a gap, and nothing is held or guessed.
 * 2. While an answer is outstanding, only what answers the latest request counts.
 * 3. A snapshot that answers the latest request replaces the state, whatever its version; one that
 *    comes with that number later loads it anew.
 * 4. The last good state stays until a better one is complete; that of a lost history stays, stale,
 *    until there is something in the new one.
 * 5. What does not fit its digest, or does not apply, is answered by one snapshot, then by an
 *    error; and repairs that do not move the replica on end in an error: never a loop.
 * 6. Earlier messages come before a window at the version of their page only.
 */
export class Decoder {
  readonly #channel: string;
  readonly wanted: Wanted;
  /** What the server's channel is known to be. */
  #replica: ChannelState | undefined;
  /** What is shown: the replica, or the last one of a history that was lost. */
  #visible: ChannelState | undefined;
  #situation: Situation = { is: "idle" };
  /** The latest number that a request has, and that the latest `subscribe` has. */
  #request = 0;
  #subscribed = 0;
  #repairs = 0;
  /** Whether the state is known to be wrong: only a snapshot will do, whatever happens meanwhile. */
  #wrong = false;
  /** Once earlier messages were asked for. */
  #history: History | undefined;
  readonly #distrust = new Distrust();
  readonly counts: DecoderCounts = { applied: 0, ignored: 0, gaps: 0, mismatches: 0, resets: 0 };

  /**
   * @param last how many messages the window has at first. @default all of them
   * @param filter which messages are wanted, one that the gate has taken. @default all of them
   */
  constructor(channel: string, last?: number, filter?: Filter) {
    this.#channel = channel;
    this.wanted = new Wanted(last, filter);
  }

  /** The last good state; undefined before the first. */
  get state(): ChannelState | undefined {
    return this.#visible;
  }

  /** What the channel is known to be, which the next frame is applied to; see {@link state}. */
  get replica(): ChannelState | undefined {
    return this.#replica;
  }

  /** Whether the replica is as new as the server's last word. */
  get isLive(): boolean {
    return this.#situation.is === "live";
  }

  /** Whether {@link state} is of a history that the server has lost. */
  get isStale(): boolean {
    return this.#visible !== this.#replica;
  }

  /** Asks for the channel, from where this replica is. Send the frame. */
  join(): SubscribeFrame {
    return this.#ask(this.#wrong ? undefined : this.#replica);
  }

  /**
   * Asks for messages before the first one. Send the frame: a `subscribe` where the window is empty,
   * so that it begins anew. Undefined where there are none, an answer is outstanding, or the replica
   * is not live.
   *
   * @param Pages what does it, apart for who never asks: `History` of `@deltawire/decoder/history`
   */
  history(count: number, Pages: typeof History): HistoryFrame | SubscribeFrame | undefined {
    const replica = this.#replica;
    if (!replica?.earlier || !this.isLive || this.#history?.isAsked) return undefined;
    const [first] = replica.messages;
    this.#history ??= new Pages(this.#channel);
    return first ? this.#history.ask(this.#number(), first.id, count) : this.#ask(undefined);
  }

  /**
   * From now on others are wanted. Send the frame, where there is a connection. What is shown stays
   * until they are there; what the replica holds is of no use for that.
   */
  want(filter: Filter | undefined): SubscribeFrame {
    this.wanted.filter = filter;
    this.#wrong = true;
    this.#history?.forget();
    return this.#ask(undefined);
  }

  /** The connection is gone, or nobody reads: what comes is ignored until the next {@link join}. */
  leave(): void {
    this.#situation = { is: "idle" };
    this.#history?.forget();
  }

  /** {@link leave}, and with it the state: the next {@link join} asks for all of it. */
  forget(): void {
    this.leave();
    this.#replica = undefined;
    this.#visible = undefined;
    this.#wrong = false;
  }

  /** Takes a frame of this channel. */
  receive(frame: ReceivedFrame): Outcome {
    const outcome = this.#receive(frame);
    if (outcome.type === "applied") this.counts.applied += 1;
    else if (outcome.type === "ignored") this.counts.ignored += 1;
    else if (outcome.type === "reset") this.counts.resets += 1;
    const history = outcome.history ?? this.#settle();
    return history ? { ...outcome, history } : outcome;
  }

  #receive(frame: ReceivedFrame): Outcome {
    if (this.#situation.is === "failed" || this.#situation.is === "idle") return IGNORED;
    switch (frame.type) {
      case "subscribed":
        return this.#answered(frame);
      case "snapshot":
        return this.#snapshot(frame);
      case "changes":
        return this.#changes(frame);
      case "checkpoint":
        return this.#checkpoint(frame);
      case "history_page": {
        const history = this.#history?.take(frame);
        return history ? { ...IGNORED, history } : IGNORED;
      }
      case "error":
        return this.#refused(frame);
      default:
        return unreachable(frame);
    }
  }

  #isAnswer(request: number | undefined): boolean {
    return this.#situation.is === "waiting" && this.#situation.request === request;
  }

  #answered({ request, answer }: SubscribedFrame): Outcome {
    if (this.#isAnswer(request) && answer === "current") this.#situation = { is: "live" };
    return IGNORED;
  }

  #refused({ code, message, request, path }: ErrorFrame): Outcome {
    const place = { path, channel: this.#channel };
    const error = new DeltawireError(DeltawireError.codeOf(code), message, place);
    const history = this.#history?.refuse(request, error);
    if (history) return { ...IGNORED, history };
    // One that comes after the answer says that nothing follows: the right was withdrawn, say.
    const isEnd = this.isLive && request === this.#subscribed;
    return isEnd || this.#isAnswer(request) ? this.#fail(error) : IGNORED;
  }

  #snapshot(frame: SnapshotFrame): Outcome {
    if (this.isLive && frame.request === this.#subscribed && !this.#isPast(frame)) {
      this.#wait(frame.request);
    }
    const situation = this.#situation;
    if (situation.is !== "waiting" || situation.request !== frame.request) return IGNORED;
    let state: ChannelState | undefined;
    try {
      state = situation.assembly.add(frame);
    } catch (error) {
      if (!(error instanceof DeltawireError)) throw error;
      return this.#suspect(error, [], true);
    }
    if (!state) return IGNORED;
    const old = this.#replica;
    const isLater = old?.epoch === state.epoch && state.seq > old.seq;
    if (isLater) this.#repairs = 0;
    this.#distrust.moved(old, state);
    this.#replica = state;
    this.#wrong = false;
    this.#situation = { is: "live" };
    return this.#show(state);
  }

  #isPast({ epoch, seq }: SnapshotFrame): boolean {
    return this.#replica?.epoch === epoch && seq < this.#replica.seq;
  }

  /** Shows the replica, unless it is an empty one and what is shown is not. */
  #show(replica: ChannelState): Outcome {
    const shown = this.#visible;
    const isEmpty = replica.messages.length + replica.earlier === 0 && !replica.closed;
    const isLost = shown !== undefined && shown.epoch !== replica.epoch;
    if (isLost && isEmpty && shown.messages.length > 0) return { type: "stale" };
    this.#visible = replica;
    if (isLost) return { type: "reset", reason: "history_lost" };
    return { type: "reset", reason: shown ? "snapshot" : "initial" };
  }

  #changes(frame: ChangesFrame): Outcome {
    const replica = this.#replica;
    const catchUp = frame.request !== undefined;
    if (!replica || (catchUp ? !this.#isAnswer(frame.request) : !this.isLive)) return IGNORED;
    if (frame.to <= replica.seq && !catchUp) return IGNORED;
    if (frame.from !== replica.seq) return this.#gap(replica, frame.from);
    let next: ChannelState;
    try {
      next = apply(replica, frame);
    } catch (error) {
      if (!(error instanceof DeltawireError)) throw error;
      if (error.code !== "gap") {
        return this.#suspect(error, differingParts(replica, frame, error), true);
      }
      this.counts.gaps += 1; // only a new window can tell where the message is
      return this.#repair(undefined, error);
    }
    const { isStale } = this;
    if (next.seq > replica.seq) this.#repairs = 0;
    this.#distrust.moved(replica, next, frame);
    this.#replica = next;
    this.#situation = { is: "live" };
    if (isStale) return this.#show(next);
    this.#visible = next;
    return { type: "applied", frame: replica.earlier > 0 ? inWindow(replica, frame) : frame };
  }

  #checkpoint(frame: CheckpointFrame): Outcome {
    const replica = this.#replica;
    if (!replica || !this.isLive || frame.seq < replica.seq) return IGNORED;
    if (frame.seq > replica.seq) return this.#gap(replica, frame.seq);
    const message = replica.message(frame.message);
    if (!message && replica.earlier > 0) return IGNORED;
    const part = message?.part(frame.part);
    const digest = part && digestOf(part);
    const name = [frame.message, frame.part] as const;
    if (digest?.length === frame.length && digest.crc32 === frame.crc32) {
      this.#distrust.matched(name);
      return IGNORED;
    }
    const what = `part ${frame.part} of message ${frame.message} differs from its checkpoint`;
    const error = new DeltawireError("digest_mismatch", what, { channel: this.#channel });
    return this.#suspect(error, [name], false);
  }

  /** Puts the page that waits before the window, if it is of the replica's version. */
  #settle(): HistoryOutcome | undefined {
    const settled = this.#replica && this.#history?.settle(this.#replica, () => this.#number());
    if (!settled?.replica) return settled?.outcome;
    if (!this.isStale) this.#visible = settled.replica;
    this.#replica = settled.replica;
    return settled.outcome;
  }

  #gap(replica: ChannelState, seq: number): Outcome {
    this.counts.gaps += 1;
    const what = `version ${seq} came while the replica is at ${replica.seq}`;
    return this.#repair(replica, new DeltawireError("gap", what, { channel: this.#channel }));
  }

  #suspect(cause: DeltawireError, parts: readonly PartName[], ofApply: boolean): Outcome {
    this.counts.mismatches += 1;
    this.#wrong = true;
    if (!this.#distrust.begin(parts, ofApply)) return this.#repair(undefined, cause);
    const { code, message, path } = cause;
    const what = `${message}; a new snapshot did not help`;
    return this.#fail(new DeltawireError(code, what, { path, channel: this.#channel }));
  }

  #repair(from: ChannelState | undefined, cause: DeltawireError): Outcome {
    this.#repairs += 1;
    if (this.#repairs > MOST_REPAIRS) {
      const what = `${MOST_REPAIRS} repairs in a row did not help: ${cause.message}`;
      return this.#fail(new DeltawireError("internal", what, { channel: this.#channel }));
    }
    return { type: "repair", send: this.#ask(this.#wrong ? undefined : from), cause };
  }

  #fail(error: DeltawireError): Outcome {
    this.#situation = { is: "failed" };
    this.#repairs = 0;
    return { type: "failed", error };
  }

  #number(): number {
    this.#request += 1;
    return this.#request;
  }

  #wait(request: number): void {
    this.#situation = { is: "waiting", request, assembly: new SnapshotAssembly() };
  }

  #ask(from: ChannelState | undefined): SubscribeFrame {
    const request = this.#number();
    this.#subscribed = request;
    this.#wait(request);
    const version = from && { epoch: from.epoch, seq: from.seq };
    const wanted = this.wanted.fields(this.#replica?.messages.length ?? 0);
    return { type: "subscribe", channel: this.#channel, request, ...version, ...wanted };
  }
}
