import type { Clock } from "@deltawire/encoder";
import { type BackoffTimes, backoff } from "./backoff.js";

/** Milliseconds before a save is tried again. */
const RETRY: BackoffTimes = { first: 200, most: 10_000 };

/** Channels in one save. */
const MAX_CHANNELS = 256;

/** What {@link StoreHealth} needs of its server. */
export interface StoreHealthHost {
  readonly clock: Clock;
  /** From 0 to 1. */
  random(): number;
  /** Saving has begun to fail. It goes on being tried, and nothing is lost. */
  onFailing(error: unknown): void;
  /** Saving works again. */
  onRecovered(): void;
}

/** How a store does, as its server sees it: whether saves fail, and when the next one is tried. */
export class StoreHealth {
  readonly #host: StoreHealthHost;
  #limit = MAX_CHANNELS;
  #failures = 0;
  #isFailing = false;
  #cancelPause: (() => void) | undefined;

  constructor(host: StoreHealthHost) {
    this.#host = host;
  }

  /** Channels that go in one save: fewer after one that failed, to find out which one it is. */
  get limit(): number {
    return this.#limit;
  }

  get isFailing(): boolean {
    return this.#isFailing;
  }

  /** Whether the next save is waited with. */
  get isPaused(): boolean {
    return this.#cancelPause !== undefined;
  }

  /** A save of so many channels has failed, of one at least that may not be the reason. */
  failed(channels: number, error: unknown): void {
    this.#limit = Math.max(1, Math.floor(channels / 2));
    this.#failures += 1;
    this.hangs(error);
  }

  /** Nothing is tried before `resume` is called. */
  pause(resume: () => void): void {
    this.resume();
    this.#cancelPause = this.after(Math.max(1, this.#failures), () => {
      this.#cancelPause = undefined;
      resume();
    });
  }

  /** Ends the pause. */
  resume(): void {
    this.#cancelPause?.();
    this.#cancelPause = undefined;
  }

  /** Saves come to nothing: this is told once, until they work again. */
  hangs(error: unknown): void {
    if (this.#isFailing) return;
    this.#isFailing = true;
    this.#host.onFailing(error);
  }

  /** A save was answered. */
  answered(): void {
    this.#failures = 0;
    this.#limit = Math.min(MAX_CHANNELS, this.#limit * 2);
    if (!this.#isFailing) return;
    this.#isFailing = false;
    this.#host.onRecovered();
  }

  /** Runs something when it is time for another attempt. */
  after(failures: number, run: () => void): () => void {
    return this.#host.clock.after(backoff(failures, RETRY, this.#host.random()), run);
  }
}
