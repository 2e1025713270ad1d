import { type ChannelState, CodecContext, SharedFrame } from "@deltawire/protocol";
import type { ChangesFrame, CheckpointFrame, SnapshotFrame } from "@deltawire/spec";
import { deflate } from "./deflate.js";

/** One who takes frames of a channel, as far as it matters for their form. */
export interface FrameTaker {
  /** Whether it takes frames as MessagePack. */
  readonly binary: boolean;
  /** Whether it reads their compressed forms. */
  readonly takesCompressed?: boolean;
}

/**
 * How a channel's frames are encoded, for all who follow it: the codec context that they share, and
 * the state that is their dictionary. A frame is encoded, and compressed, once however many they are.
 */
export class ChannelEncoding {
  #binary = 0;
  /** How many of them read compressed forms. */
  #deflated = 0;
  /** There only while somebody takes MessagePack. */
  #context: CodecContext | undefined;
  /** What those have who have read everything. */
  #published: ChannelState;

  readonly #weight: number;

  /** @param weight what each one who reads compressed forms counts for, where frames are tiny */
  constructor(state: ChannelState, weight = 1) {
    this.#published = state;
    this.#weight = weight;
  }

  /** Somebody follows; returns whether what was encoded before is nothing for them. */
  join({ binary, takesCompressed }: FrameTaker): boolean {
    if (!binary) return false;
    this.#binary += 1;
    let isAnew = !this.#context;
    this.#context ??= CodecContext.of(this.#published);
    if (takesCompressed) {
      this.#deflated += 1;
      isAnew ||= !this.#context.recent; // what states recent bytes, or none, states others
      this.#context.recent ??= new Uint8Array();
    }
    return isAnew;
  }

  leave({ binary, takesCompressed }: FrameTaker): void {
    if (!binary) return;
    this.#binary -= 1;
    if (takesCompressed) this.#deflated -= 1;
    if (this.#deflated === 0 && this.#context) this.#context.recent = undefined;
    if (this.#binary === 0) this.#context = undefined;
  }

  /** The channel is another one: nothing is known of what those have who follow it. */
  reset(state: ChannelState): void {
    this.#published = state;
    if (!this.#context) return;
    const isDeflated = this.#context.recent !== undefined;
    this.#context = CodecContext.of(state);
    if (isDeflated) this.#context.recent = new Uint8Array();
  }

  /** A live frame, which leads to a state; goes to everybody. */
  publish(frame: ChangesFrame, state: ChannelState): SharedFrame {
    const before = this.#published;
    this.#published = state;
    const isCompressed = this.#deflated > 0 && frame.from === before.seq;
    const takers = this.#deflated * this.#weight;
    const compression = isCompressed ? { deflate, before, takers } : undefined;
    return new SharedFrame(frame, this.#context, { compression });
  }

  /** A frame in the codec context of the present version. */
  share(frame: SnapshotFrame | CheckpointFrame): SharedFrame {
    return new SharedFrame(frame, this.#context, { compression: { deflate } });
  }

  /**
   * A frame that catches up. It states the channel's codec context, or, where it ends before the
   * present version and another one follows, none.
   */
  catchUp(frame: ChangesFrame): SharedFrame {
    const isPresent = frame.to === this.#published.seq;
    const context = isPresent ? this.#context : new CodecContext(frame.to);
    const options = { restates: true, compression: { deflate } };
    return new SharedFrame(frame, this.#context && context, options);
  }
}
