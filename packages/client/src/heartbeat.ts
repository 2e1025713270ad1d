import type { Clock } from "@deltawire/encoder";

/** Milliseconds of silence after which an end asks, where the server states none. */
const DEFAULT_HEARTBEAT = 15_000;

/** Milliseconds that an interval has at least and at most, whatever the server says. */
const INTERVALS = [100, 3_600_000] as const;

/** Milliseconds that an end has to answer somebody who has just woken up. */
const PROBE = 5_000;

/** What a {@link Heartbeat} does. */
export interface HeartbeatHost {
  readonly clock: Clock;
  /** Asks the other end for a sign of life. */
  ask(): void;
  /** The other end gives none. */
  dead(): void;
}

/**
 * Finds out that a connection is dead which nobody has closed: silence for one interval is asked
 * about, and an interval without an answer is the end. What was asleep asks first, too: what has
 * come meanwhile may still wait to be read.
 */
export class Heartbeat {
  readonly #host: HeartbeatHost;
  #interval = DEFAULT_HEARTBEAT;
  #heardAt = 0;
  /** When it has to have answered; undefined while it was not asked. */
  #deadline: number | undefined;
  #cancel: (() => void) | undefined;

  constructor(host: HeartbeatHost) {
    this.#host = host;
  }

  /** @param interval milliseconds */
  start(interval: number = DEFAULT_HEARTBEAT): void {
    const [least, most] = INTERVALS;
    this.#interval = Math.min(Math.max(interval, least), most);
    this.heard();
    this.#check();
  }

  /** Something has come. */
  heard(): void {
    this.#heardAt = this.#host.clock.now();
    this.#deadline = undefined;
  }

  /** Asks now, and waits less long than usual. */
  probe(): void {
    if (!this.#cancel) return;
    const answer = this.#host.clock.now() + Math.min(PROBE, this.#interval);
    this.#deadline = Math.min(this.#deadline ?? answer, answer);
    this.#host.ask();
    this.#check();
  }

  stop(): void {
    this.#cancel?.();
    this.#cancel = undefined;
  }

  #check(): void {
    this.stop();
    const now = this.#host.clock.now();
    if (this.#deadline === undefined && now >= this.#heardAt + this.#interval) {
      this.#deadline = now + this.#interval;
      this.#host.ask();
    }
    if (this.#deadline !== undefined && now >= this.#deadline) {
      this.#host.dead();
      return;
    }
    const next = this.#deadline ?? this.#heardAt + this.#interval;
    this.#cancel = this.#host.clock.after(next - now, () => this.#check());
  }
}
