import { type ChannelState, CodecContext, type Contexts, SharedFrame } from "@deltawire/protocol";
import type { ChangesFrame, CheckpointFrame, SnapshotFrame } from "@deltawire/spec";
import { deflate } from "./deflate.js";

/** One who takes frames of a channel, as far as it matters for their form. */
export interface FrameTaker {
  /** Whether it takes frames as MessagePack. */
  readonly binary: boolean;
  /** Whether it reads their compressed forms. */
  readonly takesCompressed?: boolean;
  /** Whether it reads compact values, and is sent them. */
  readonly takesCompact?: boolean;
}

/** Those who take values in one way, and the codec context that they share. */
class Takers {
  readonly #isCompact: boolean;
  #count = 0;
  /** How many of them read compressed forms. */
  #deflated = 0;
  /** There only while there is somebody. */
  #context: CodecContext | undefined;

  constructor(isCompact: boolean) {
    this.#isCompact = isCompact;
  }

  get context(): CodecContext | undefined {
    return this.#context;
  }

  get deflated(): number {
    return this.#deflated;
  }

  join({ takesCompressed = false }: FrameTaker, state: ChannelState): boolean {
    this.#count += 1;
    let isAnew = !this.#context;
    this.#context ??= CodecContext.of(state, this.#isCompact);
    if (takesCompressed) {
      this.#deflated += 1;
      isAnew ||= !this.#context.recent; // what states recent bytes, or none, states others
      this.#context.recent ??= new Uint8Array();
    }
    return isAnew;
  }

  leave({ takesCompressed = false }: FrameTaker): void {
    this.#count -= 1;
    if (takesCompressed) this.#deflated -= 1;
    if (this.#deflated === 0 && this.#context) this.#context.recent = undefined;
    if (this.#count === 0) this.#context = undefined;
  }

  reset(state: ChannelState): void {
    if (!this.#context) return;
    const isDeflated = this.#context.recent !== undefined;
    this.#context = CodecContext.of(state, this.#isCompact);
    if (isDeflated) this.#context.recent = new Uint8Array();
  }
}

/**
 * How a channel's frames are encoded, for all who follow it: the codec contexts that they share, one
 * for plain values and one for compact ones, and the state that is their dictionary. A frame is
 * encoded, and compressed, once in each however many they are.
 */
export class ChannelEncoding {
  readonly #plain = new Takers(false);
  readonly #compact = new Takers(true);
  /** What those have who have read everything. */
  #published: ChannelState;

  readonly #weight: number;

  /** @param weight what each one who reads compressed forms counts for, where frames are tiny */
  constructor(state: ChannelState, weight = 1) {
    this.#published = state;
    this.#weight = weight;
  }

  #takersLike({ takesCompact }: FrameTaker): Takers {
    return takesCompact ? this.#compact : this.#plain;
  }

  get #contexts(): Contexts {
    return { plain: this.#plain.context, compact: this.#compact.context };
  }

  /** Somebody follows; returns whether what was encoded before is nothing for them. */
  join(taker: FrameTaker): boolean {
    return taker.binary && this.#takersLike(taker).join(taker, this.#published);
  }

  leave(taker: FrameTaker): void {
    if (taker.binary) this.#takersLike(taker).leave(taker);
  }

  /** The channel is another one: nothing is known of what those have who follow it. */
  reset(state: ChannelState): void {
    this.#published = state;
    this.#plain.reset(state);
    this.#compact.reset(state);
  }

  /** A live frame, which leads to a state; goes to everybody. */
  publish(frame: ChangesFrame, state: ChannelState): SharedFrame {
    const before = this.#published;
    this.#published = state;
    const [plain, compact] = [this.#plain.deflated, this.#compact.deflated];
    const isCompressed = plain + compact > 0 && frame.from === before.seq;
    const counts = { takers: plain * this.#weight, compactTakers: compact * this.#weight };
    const compression = isCompressed ? { deflate, before, ...counts } : undefined;
    return new SharedFrame(frame, this.#contexts, { compression });
  }

  /** A frame in the codec context of the present version. */
  share(frame: SnapshotFrame | CheckpointFrame): SharedFrame {
    return new SharedFrame(frame, this.#contexts, { compression: { deflate } });
  }

  /**
   * A frame that catches up. It states the channel's codec context, or, where it ends before the
   * present version and another one follows, none.
   */
  catchUp(frame: ChangesFrame): SharedFrame {
    const { plain, compact } = this.#contexts;
    const isPresent = frame.to === this.#published.seq;
    const none = {
      plain: plain && new CodecContext(frame.to),
      compact: compact && new CodecContext(frame.to, true),
    };
    const options = { restates: true, compression: { deflate } };
    return new SharedFrame(frame, isPresent ? { plain, compact } : none, options);
  }
}
