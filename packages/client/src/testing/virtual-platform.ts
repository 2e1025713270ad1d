import type { Clock } from "@deltawire/encoder";
import type { Platform } from "../platform.js";
import { preload } from "../preload.js";
import type { SocketConstructor } from "../socket.js";
import { FakeNetwork } from "./fake-server.js";

await preload(); // time does not pass by itself

interface Timer {
  readonly at: number;
  readonly run: () => void;
}

/** Time that passes when it is told to. */
export class VirtualClock implements Clock {
  #now = 0;
  readonly #timers = new Set<Timer>();

  now(): number {
    return this.#now;
  }

  after(delay: number, run: () => void): () => void {
    const timer = { at: this.#now + delay, run };
    this.#timers.add(timer);
    return () => {
      this.#timers.delete(timer);
    };
  }

  /** Timers that have neither run nor been cancelled. */
  get pending(): number {
    return this.#timers.size;
  }

  /** Lets time pass, and runs what is due in its order. */
  advance(ms: number): void {
    const end = this.#now + ms;
    for (let steps = 0; ; steps++) {
      if (steps > 100_000) throw new Error("timers without an end");
      const first = this.#first(end);
      if (!first) break;
      this.#timers.delete(first);
      this.#now = Math.max(this.#now, first.at);
      first.run();
    }
    this.#now = end;
  }

  /** The timer that is due first; of those of one time, the one that was asked for first. */
  #first(end: number): Timer | undefined {
    let first: Timer | undefined;
    for (const timer of this.#timers) {
      if (timer.at <= end && (!first || timer.at < first.at)) first = timer;
    }
    return first;
  }

  /** The device sleeps: time has passed, and no timer has run. */
  sleep(ms: number): void {
    this.#now += ms;
  }
}

/** A platform without time, chance or network of its own. */
export class VirtualPlatform implements Platform {
  readonly clock: VirtualClock = new VirtualClock();
  readonly network: FakeNetwork = new FakeNetwork();
  readonly WebSocket: SocketConstructor = this.network.WebSocket;
  readonly fetch: typeof fetch;
  readonly wakers: Set<() => void> = new Set<() => void>();
  /** What {@link random} gives. */
  chance = 0.5;

  constructor(fetch: Platform["fetch"] = () => Promise.reject(new Error("no network"))) {
    this.fetch = fetch;
  }

  // Bound, since whoever takes a platform may take it apart.
  readonly random = (): number => this.chance;
  readonly notify = (run: () => void): void => {
    this.clock.after(0, run);
  };
  readonly onWake = (run: () => void): (() => void) => {
    const own = () => run();
    this.wakers.add(own);
    return () => this.wakers.delete(own);
  };

  /** The device is awake, or online, again. */
  wake(): void {
    for (const waker of [...this.wakers]) waker();
  }
}
