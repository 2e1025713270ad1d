import { apply, type ChannelState, SnapshotAssembly } from "@deltawire/protocol";
import {
  type Change,
  type ChangesFrame,
  type CheckpointFrame,
  DeltawireError,
  type SnapshotFrame,
  type SubscribedFrame,
  type SubscribeFrame,
  unreachable,
} from "@deltawire/spec";

/** The frames of a channel that a consumer receives. */
export type ReceivedFrame = SubscribedFrame | SnapshotFrame | ChangesFrame | CheckpointFrame;

/** What a received frame did, and what is to be done about it. */
export type Outcome =
  /** The state moved on by these changes. */
  | { readonly type: "applied"; readonly frame: ChangesFrame }
  /** The state was replaced whole. */
  | { readonly type: "reset" }
  /** Nothing changed: a repetition, or something that a repair under way makes needless. */
  | { readonly type: "ignored" }
  /** Something is missing or wrong: send this. */
  | { readonly type: "repair"; readonly send: SubscribeFrame; readonly cause: DeltawireError }
  /** A repair did not help. The state stays as it is. */
  | { readonly type: "failed"; readonly error: DeltawireError };

/** How often what happened. */
export interface DecoderCounts {
  applied: number;
  ignored: number;
  gaps: number;
  mismatches: number;
  resets: number;
}

/**
 * Where a decoder is: it has asked and waits, it follows, or it has given up. `suspect` is set
 * while a snapshot that was asked for out of distrust has not been confirmed by anything.
 */
type Situation =
  | { readonly is: "idle" }
  | { readonly is: "waiting"; readonly request: number; readonly assembly: SnapshotAssembly }
  | { readonly is: "live" }
  | { readonly is: "failed"; readonly error: DeltawireError };

const IGNORED: Outcome = { type: "ignored" };

/**
 * The consumer's engine: turns frames into state. Pure.
 *
 * 1. A frame applies only if it begins at the state's version. One that ends at or below it is
 *    ignored; anything else is a gap, and nothing is held or guessed.
 * 2. While an answer is outstanding, only what answers the latest request counts.
 * 3. A snapshot that answers the latest request replaces the state, whatever its version.
 * 4. The last good state stays until a better one is complete.
 * 5. A state that does not fit its digest, or a frame that does not apply, is answered by one
 *    snapshot; if that does not help, by an error, never by a loop.
 */
export class Decoder {
  readonly #channel: string;
  #state: ChannelState | undefined;
  #situation: Situation = { is: "idle" };
  #request = 0;
  #suspect = false;
  /** Whether the state is known to be wrong: only a snapshot will do, whatever happens meanwhile. */
  #wrong = false;
  readonly counts: DecoderCounts = { applied: 0, ignored: 0, gaps: 0, mismatches: 0, resets: 0 };

  constructor(channel: string) {
    this.#channel = channel;
  }

  /** The last good state; undefined before the first. */
  get state(): ChannelState | undefined {
    return this.#state;
  }

  /** Whether the state is as new as the server's last word. */
  get isLive(): boolean {
    return this.#situation.is === "live";
  }

  /** Asks for the channel, from where this replica is. Send the frame. */
  join(): SubscribeFrame {
    const state = this.#wrong ? undefined : this.#state;
    return this.#ask(state ? { epoch: state.epoch, seq: state.seq } : {});
  }

  /** Nobody reads any more: what still comes is ignored, until the next {@link join}. */
  leave(): void {
    this.#situation = { is: "idle" };
  }

  /** Takes a frame of this channel. */
  receive(frame: ReceivedFrame): Outcome {
    const outcome = this.#receive(frame);
    if (outcome.type === "applied") this.counts.applied += 1;
    else if (outcome.type === "ignored") this.counts.ignored += 1;
    else if (outcome.type === "reset") this.counts.resets += 1;
    return outcome;
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

  #snapshot(frame: SnapshotFrame): Outcome {
    const situation = this.#situation;
    if (situation.is !== "waiting" || situation.request !== frame.request) return IGNORED;
    let state: ChannelState | undefined;
    try {
      state = situation.assembly.add(frame);
    } catch (error) {
      if (!(error instanceof DeltawireError)) throw error;
      return this.#distrust(error);
    }
    if (!state) return IGNORED;
    this.#state = state;
    this.#wrong = false;
    this.#situation = { is: "live" };
    return { type: "reset" };
  }

  #changes(frame: ChangesFrame): Outcome {
    const state = this.#state;
    const catchUp = frame.request !== undefined;
    if (!state || (catchUp ? !this.#isAnswer(frame.request) : !this.isLive)) return IGNORED;
    if (frame.to <= state.seq && !catchUp) return IGNORED;
    if (frame.from !== state.seq) return this.#gap(state, frame.from);
    try {
      this.#state = apply(state, frame);
    } catch (error) {
      if (!(error instanceof DeltawireError)) throw error;
      return this.#distrust(error);
    }
    this.#situation = { is: "live" };
    if (frame.changes.some(hasDigest)) this.#suspect = false;
    return { type: "applied", frame };
  }

  #checkpoint(frame: CheckpointFrame): Outcome {
    const state = this.#state;
    if (!state || !this.isLive || frame.seq < state.seq) return IGNORED;
    if (frame.seq > state.seq) return this.#gap(state, frame.seq);
    const part = state.message(frame.message)?.part(frame.part);
    const content = part && part.kind !== "json" ? part.content : undefined;
    if (content?.length === frame.length && content.crc32() === frame.crc32) {
      this.#suspect = false;
      return IGNORED;
    }
    const what = `part ${frame.part} of message ${frame.message} differs from its checkpoint`;
    return this.#distrust(new DeltawireError("digest_mismatch", what, { channel: this.#channel }));
  }

  #gap(state: ChannelState, seq: number): Outcome {
    this.counts.gaps += 1;
    const what = `version ${seq} came while the replica is at ${state.seq}`;
    const cause = new DeltawireError("gap", what, { channel: this.#channel });
    return { type: "repair", send: this.join(), cause };
  }

  #distrust(cause: DeltawireError): Outcome {
    this.counts.mismatches += 1;
    this.#wrong = true;
    if (this.#suspect) {
      const { code, message, path } = cause;
      const what = `${message}; a new snapshot did not help`;
      const error = new DeltawireError(code, what, { path, channel: this.#channel });
      this.#situation = { is: "failed", error };
      return { type: "failed", error };
    }
    this.#suspect = true;
    return { type: "repair", send: this.#ask({}), cause };
  }

  #ask(version: { readonly epoch?: string; readonly seq?: number }): SubscribeFrame {
    this.#request += 1;
    const request = this.#request;
    this.#situation = { is: "waiting", request, assembly: new SnapshotAssembly() };
    return { type: "subscribe", channel: this.#channel, request, ...version };
  }
}

/** Whether a change that applied has confirmed some content. */
const hasDigest = (change: Change): boolean =>
  change.type === "message_completed" && change.digests.length > 0;
