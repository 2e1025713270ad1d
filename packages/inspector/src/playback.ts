import type { TapEvent } from "@deltawire/client";
import type { Recording } from "./read-recording.js";

/** Milliseconds between two looks at what is due; what comes closer together is told together. */
const TICK = 16;

/** Milliseconds of silence that are played; a longer one is cut to this. */
const MAX_SILENCE = 5_000;

/** Events that are told in one go, so that a page stays at hand meanwhile. */
const MAX_EVENTS = 5_000;

/** Time, in milliseconds; a test hands in its own. */
export interface PlaybackClock {
  now(): number;
  /** Runs something later; returns what cancels it. */
  after(delay: number, run: () => void): () => void;
}

/**
 * Tells a recording's events again, at the pace at which they came, or at another. Record it:
 * `new Recorder(playback)`.
 */
export class Playback {
  readonly #events: readonly TapEvent[];
  readonly #clock: PlaybackClock;
  readonly #listeners = new Set<(event: TapEvent) => void>();
  #position = 0;
  #speed = 1;
  /** The recording's time that was reached, and when that was. */
  #reached = 0;
  #since = 0;
  #cancel: (() => void) | undefined;

  constructor(recording: Recording, clock: PlaybackClock = systemClock) {
    this.#events = recording.events;
    this.#clock = clock;
    this.#reached = this.#events[0]?.at ?? 0;
  }

  /** How many events there are. */
  get length(): number {
    return this.#events.length;
  }

  /** How many of them were told. */
  get position(): number {
    return this.#position;
  }

  get isPlaying(): boolean {
    return this.#cancel !== undefined;
  }

  /** Listens to what is told from now on. Returns what stops it. */
  tap(listener: (event: TapEvent) => void): () => void {
    const own = (event: TapEvent) => listener(event); // the same function may be added twice
    this.#listeners.add(own);
    return () => this.#listeners.delete(own);
  }

  /**
   * Goes on from where it is. A silence of more than five seconds is cut to that.
   *
   * @param speed how many times as fast as it was; `Infinity` for as fast as can be
   * @throws RangeError unless that is above 0
   */
  play(speed = 1): void {
    if (!(speed > 0)) throw new RangeError("the speed of a playback is above 0");
    this.pause();
    this.#speed = speed;
    this.#since = this.#clock.now();
    this.#wait();
  }

  /** Stays where it is. */
  pause(): void {
    if (!this.#cancel) return;
    this.#cancel();
    this.#cancel = undefined;
    const now = this.#now();
    this.#reached = Math.min(now, this.#events[this.#position]?.at ?? now);
  }

  #now(): number {
    const passed = this.#clock.now() - this.#since;
    return passed > 0 ? this.#reached + passed * this.#speed : this.#reached;
  }

  #wait(): void {
    const next = this.#events[this.#position];
    if (!next) return;
    const silence = next.at - this.#now();
    if (silence > MAX_SILENCE) this.#reached += silence - MAX_SILENCE;
    const now = this.#now();
    const delay = next.at > now ? (next.at - now) / this.#speed : 0;
    this.#cancel = this.#clock.after(Math.max(TICK, delay), () => this.#tell());
  }

  #tell(): void {
    this.#cancel = undefined;
    const now = this.#now();
    for (let told = 0; told < MAX_EVENTS; told++) {
      const event = this.#events[this.#position];
      if (!event || event.at > now) break;
      this.#position += 1;
      for (const listener of [...this.#listeners]) listener(event);
    }
    this.#wait();
  }
}

const systemClock: PlaybackClock = {
  now: () => performance.now(),
  after(delay, run) {
    const timer = setTimeout(run, delay);
    return () => clearTimeout(timer);
  },
};
