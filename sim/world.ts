import type { Clock } from "@deltawire/encoder";

interface Event {
  readonly at: number;
  readonly order: number;
  readonly process: Process | undefined;
  readonly run: () => void;
}

/**
 * Time, and what happens in it, one event after the other: those of one time in the order in which
 * they were asked for. Promises settle between two events, so nothing depends on the machine.
 */
export class World {
  now = 0;
  #order = 0;
  readonly #heap: Event[] = [];

  /** Lets something happen at a time; in a process, unless it is dead by then, once it is awake. */
  at(time: number, process: Process | undefined, run: () => void): void {
    this.#order += 1;
    this.#push({ at: Math.max(time, this.now), order: this.#order, process, run });
  }

  /** The next event, if it is due by a time. */
  async step(until: number): Promise<boolean> {
    const next = this.#heap[0];
    if (!next || next.at > until) {
      this.now = Math.max(this.now, until);
      return false;
    }
    this.#pop();
    this.now = next.at;
    const { process } = next;
    if (process?.isDead) return true;
    if (process?.isAsleep) {
      process.missed.push(next.run);
      return true;
    }
    next.run();
    await new Promise<void>((resolve) => setImmediate(resolve));
    return true;
  }

  #push(event: Event): void {
    const heap = this.#heap;
    let i = heap.length;
    heap.push(event);
    while (i > 0) {
      const parent = (i - 1) >> 1;
      const above = heap[parent] as Event;
      if (!isBefore(event, above)) break;
      heap[i] = above;
      i = parent;
    }
    heap[i] = event;
  }

  #pop(): void {
    const heap = this.#heap;
    const last = heap.pop() as Event;
    if (heap.length === 0) return;
    let i = 0;
    for (;;) {
      let child = 2 * i + 1;
      if (child >= heap.length) break;
      const right = heap[child + 1];
      if (right && isBefore(right, heap[child] as Event)) child += 1;
      const below = heap[child] as Event;
      if (!isBefore(below, last)) break;
      heap[i] = below;
      i = child;
    }
    heap[i] = last;
  }
}

const isBefore = (one: Event, other: Event): boolean =>
  one.at < other.at || (one.at === other.at && one.order < other.order);

/** A program run: a clock of its own that stops with it, and that a sleeping device holds back. */
export class Process {
  readonly name: string;
  readonly clock: Clock;
  isDead = false;
  isAsleep = false;
  /** What is to happen once it is awake. */
  readonly missed: (() => void)[] = [];
  /** Timers that are set. */
  timers = 0;
  readonly #wakers = new Set<() => void>();
  readonly #world: World;

  constructor(world: World, name: string) {
    this.#world = world;
    this.name = name;
    const start = world.now - 1000; // no clock begins at 0
    this.clock = {
      now: () => world.now - start,
      after: (delay, run) => this.#after(delay, run),
    };
  }

  #after(delay: number, run: () => void): () => void {
    if (!(delay >= 0)) throw new RangeError(`a delay of ${delay} ms`);
    let isSet = true;
    const unset = () => {
      if (!isSet) return false;
      isSet = false;
      this.timers -= 1;
      return true;
    };
    const due = () => {
      if (!this.isDead && unset()) run();
    };
    this.timers += 1;
    // What is left by rounding would be no time at all.
    if (delay > 0) this.#world.at(this.#world.now + Math.max(delay, 0.01), this, due);
    else queueMicrotask(due);
    return unset;
  }

  kill(): void {
    this.isDead = true;
  }

  /** The device sleeps: nothing happens in this process until it wakes up, late for everything. */
  sleep(milliseconds: number): void {
    this.isAsleep = true;
    this.#world.at(this.#world.now + milliseconds, undefined, () => this.wake());
  }

  wake(): void {
    if (!this.isAsleep) return;
    this.isAsleep = false;
    for (const run of this.missed.splice(0)) this.#world.at(this.#world.now, this, run);
    this.#world.at(this.#world.now, this, () => {
      for (const waker of [...this.#wakers]) waker();
    });
  }

  onWake(run: () => void): () => void {
    this.#wakers.add(run);
    return () => this.#wakers.delete(run);
  }
}
