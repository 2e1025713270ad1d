/** What a {@link LiveStore} shows. */
export interface Source<T> {
  /** What it is now: the value before, where nothing about it has changed. */
  read(before: T | undefined): T;
  /** Calls back after it may have changed. Returns what stops it. */
  subscribe(listener: () => void): () => void;
}

/**
 * A source as React reads it. While somebody subscribes it shows what the source was when it last
 * told of a change, not what it is: a source moves on between two animation frames, and a component
 * that renders in between, for another reason, would show something newer than its neighbours.
 */
export class LiveStore<T> {
  readonly #source: Source<T>;
  readonly #listeners = new Set<() => void>();
  #value: T | undefined;
  #stop: (() => void) | undefined;

  constructor(source: Source<T>) {
    this.#source = source;
  }

  /** The same object until it changes. Bound, since React keeps it. */
  readonly get = (): T => {
    if (this.#stop === undefined || this.#value === undefined) return this.#read();
    return this.#value;
  };

  /** Calls back after {@link get} has changed. Returns what stops it. Bound, since React keeps it. */
  readonly subscribe = (listener: () => void): (() => void) => {
    const own = () => listener(); // the same function may be subscribed twice
    this.#listeners.add(own);
    if (this.#stop === undefined) {
      this.#stop = this.#source.subscribe(() => this.#changed());
      this.#read();
    }
    return () => {
      this.#listeners.delete(own);
      // Strict Mode, and a component in the place of another one, subscribe again at once: the
      // server need not hear of that.
      if (this.#listeners.size === 0) queueMicrotask(() => this.#release());
    };
  };

  #release(): void {
    if (this.#listeners.size > 0) return;
    this.#stop?.();
    this.#stop = undefined;
  }

  #changed(): void {
    const before = this.#value;
    if (this.#read() === before) return;
    for (const listener of [...this.#listeners]) listener();
  }

  #read(): T {
    const value = this.#source.read(this.#value);
    this.#value = value;
    return value;
  }
}
