import type { Clock } from "@deltawire/encoder";
import type { Message } from "@deltawire/protocol";
import { DueTimer } from "./due-timer.js";
import type { ChannelEngine } from "./engine/channel-engine.js";
import { Retention, type RetentionBounds } from "./engine/retention.js";

/** A channel that a {@link ChannelRetention} sees to. */
export interface RetainedChannel {
  readonly clock: Clock;
  readonly engine: ChannelEngine;
  /** Milliseconds of the clock that the ends of messages are counted by. */
  now(): number;
  /** Whether a message that has ended is still needed. */
  isHeld(message: Message): boolean;
  /** Runs an operation; a promise where a log is asked. */
  run(operation: (engine: ChannelEngine) => void): unknown;
}

/** Lets go what the bounds of a channel let go, when it is time. */
export class ChannelRetention {
  readonly #channel: RetainedChannel;
  readonly #retention: Retention;
  readonly #timer: DueTimer;
  #isClosed = false;

  constructor(bounds: RetentionBounds, channel: RetainedChannel) {
    this.#channel = channel;
    this.#retention = new Retention(bounds, channel.now());
    const now = () => channel.now();
    this.#timer = new DueTimer(channel.clock, now, () => this.#letGo());
  }

  /** Waits for what is due of what is there already. */
  start(): void {
    if (!this.#isClosed) this.#timer.set(this.#retention.dueAt);
  }

  /** The channel has gone on by a frame. O(1). */
  changed(): void {
    this.#retention.changed(this.#channel.now());
    this.start();
  }

  #letGo(): void {
    const { engine } = this.#channel;
    const { state } = engine;
    const isHeld = (message: Message) => this.#channel.isHeld(message);
    const expired = this.#retention.expire(state, engine.ended, this.#channel.now(), isHeld);
    if (expired.length > 0) {
      const running = this.#channel.run((draft) => draft.remove(expired, state));
      if (running instanceof Promise) running.catch(() => this.changed()); // the log is away
    }
    this.start();
  }

  /** Stops its timer. */
  close(): void {
    this.#isClosed = true;
    this.#timer.stop();
  }
}
