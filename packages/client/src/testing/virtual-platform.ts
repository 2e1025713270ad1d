import type { Clock } from "@deltawire/encoder";
import type { Platform } from "../platform.js";
import { FakeNetwork } from "./fake-server.js";

/** Time that passes when it is told to. */
export class VirtualClock implements Clock {
  #now = 0;
  #timers: { readonly at: number; readonly run: () => void }[] = [];

  now(): number {
    return this.#now;
  }

  after(delay: number, run: () => void): () => void {
    const timer = { at: this.#now + delay, run };
    this.#timers.push(timer);
    return () => {
      this.#timers = this.#timers.filter((other) => other !== timer);
    };
  }

  /** Timers that have neither run nor been cancelled. */
  get pending(): number {
    return this.#timers.length;
  }

  /** Lets time pass, and runs what is due in its order. */
  advance(ms: number): void {
    const end = this.#now + ms;
    for (let steps = 0; ; steps++) {
      if (steps > 100_000) throw new Error("timers without an end");
      const [first] = this.#timers.filter(({ at }) => at <= end).sort((a, b) => a.at - b.at);
      if (!first) break;
      this.#timers = this.#timers.filter((timer) => timer !== first);
      this.#now = Math.max(this.#now, first.at);
      first.run();
    }
    this.#now = end;
  }

  /** The device sleeps: time has passed, and no timer has run. */
  sleep(ms: number): void {
    this.#now += ms;
  }
}

/** A platform without time, chance or network of its own. */
export class VirtualPlatform implements Platform {
  readonly clock = new VirtualClock();
  readonly network = new FakeNetwork();
  readonly WebSocket = this.network.WebSocket;
  readonly fetch: typeof fetch;
  readonly wakers = new Set<() => void>();
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
