import { apply, ChannelState, Composition } from "@deltawire/protocol";
import type { Change, ChangesFrame } from "@deltawire/spec";

/** Milliseconds of a throttle window where none is given. */
export const DEFAULT_THROTTLE = 100;

/** Size of pending changes at which a frame is made of them before its window ends. */
const FRAME_SIZE = 1 << 20;

/** How an {@link Encoder} begins. */
export interface EncoderOptions {
  /** Milliseconds between two frames while changes keep coming; 0 for none. @default 100 */
  readonly throttle?: number;
}

/**
 * The producer's engine: turns changes into throttled, minimal frames. Pure: the time comes in
 * with each call.
 *
 * 1. The first change after a quiet window is due at once, and whatever is pending when a window
 *    ends is due then: nothing pending is ever older than one window.
 * 2. A frame takes everything that is pending, in document order: no part waits for another one,
 *    and what was written before a part began is on the wire before it.
 * 3. `flush` makes everything due: completion is a change followed by it, and there is no other
 *    way to complete.
 * 4. Versions go up by one with each frame and are never used twice.
 * 5. Work per change depends on the change; memory on what one window changed.
 */
export class Encoder {
  readonly #channel: string;
  readonly #throttle: number;
  /** What the replicas will hold once every frame has arrived. */
  #shadow: ChannelState = ChannelState.of("");
  #seq = 0;
  #pending = new Composition();
  /** Frames that are made but not taken. */
  #frames: ChangesFrame[] = [];
  #windowEnd = Number.NEGATIVE_INFINITY;
  #flushing = false;

  constructor(channel: string, options: EncoderOptions = {}) {
    this.#channel = channel;
    this.#throttle = options.throttle ?? DEFAULT_THROTTLE;
  }

  /** The state after every change so far. */
  get state(): ChannelState {
    return this.#shadow;
  }

  /** The version of the frame that pending changes will be in. */
  get nextSeq(): number {
    return this.#seq + 1;
  }

  /**
   * Makes changes.
   *
   * @throws DeltawireError where they do not apply; nothing has changed then
   */
  change(...changes: readonly Change[]): void {
    const from = this.#shadow.seq; // counts changes; the versions of frames are #seq
    const channel = this.#channel;
    this.#shadow = apply(this.#shadow, { type: "changes", channel, from, to: from + 1, changes });
    this.#pending.add(changes);
    if (this.#pending.size >= FRAME_SIZE) this.#seal();
  }

  /** Makes everything that is pending due at once. */
  flush(): void {
    this.#flushing = true;
  }

  /** When frames are due, on the clock of {@link take}; undefined while nothing is pending. */
  get dueAt(): number | undefined {
    if (this.#frames.length > 0) return Number.NEGATIVE_INFINITY;
    if (this.#pending.isEmpty) return undefined;
    return this.#flushing ? Number.NEGATIVE_INFINITY : this.#windowEnd;
  }

  /** The frames that are due at a time, in milliseconds; a new window begins with them. */
  take(now: number): readonly ChangesFrame[] {
    const { dueAt } = this;
    if (dueAt === undefined || dueAt > now) return [];
    // A frame that was made early for its size does not take along what waits for the window.
    if (!this.#pending.isEmpty && (this.#flushing || now >= this.#windowEnd)) this.#seal();
    const frames = this.#frames;
    this.#frames = [];
    this.#flushing = false;
    this.#windowEnd = now + this.#throttle;
    return frames;
  }

  #seal(): void {
    const from = this.#seq;
    this.#seq += 1;
    const changes = this.#pending.changes(this.#shadow);
    this.#frames.push({ type: "changes", channel: this.#channel, from, to: this.#seq, changes });
    this.#pending = new Composition();
  }
}
