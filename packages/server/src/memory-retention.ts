import type { Clock } from "@deltawire/encoder";
import { DueTimer } from "./due-timer.js";
import type { ChannelEngine } from "./engine/channel-engine.js";
import { Retention, type RetentionBounds } from "./engine/retention.js";

/** What a {@link MemoryRetention} lets go of. */
export interface RetainedChannel {
  readonly engine: ChannelEngine;
  run(operation: (engine: ChannelEngine) => void): unknown;
}

/** What a channel that is in memory alone keeps of messages that have ended. */
export class MemoryRetention {
  readonly #clock: Clock;
  readonly #channel: () => RetainedChannel;
  readonly #retention: Retention;
  readonly #timer: DueTimer;

  /** @param channel the channel, which is made with this */
  constructor(bounds: RetentionBounds, clock: Clock, channel: () => RetainedChannel) {
    this.#clock = clock;
    this.#channel = channel;
    this.#retention = new Retention(bounds, clock.now());
    this.#timer = new DueTimer(
      clock,
      () => clock.now(),
      () => this.#letGo(),
    );
  }

  /** The channel has gone on by a frame. O(1). */
  changed(): void {
    this.#retention.changed(this.#clock.now());
    this.#timer.set(this.#retention.dueAt);
  }

  #letGo(): void {
    const { engine } = this.#channel();
    const { state } = engine;
    const expired = this.#retention.expire(state, engine.ended, this.#clock.now());
    if (expired.length > 0) this.#channel().run((draft) => draft.remove(expired, state));
    this.#timer.set(this.#retention.dueAt);
  }

  /** Stops its timer. */
  close(): void {
    this.#timer.stop();
  }
}
