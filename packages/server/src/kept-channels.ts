/** One of the {@link KeptChannels}. */
export interface KeptChannel {
  /** Whether nobody reads it. */
  readonly isUnused: boolean;
  /** It goes, to make room. */
  evict(): void;
}

/** How much is kept. */
export interface KeptBounds {
  readonly channels: number;
  /** About the bytes of them. */
  readonly bytes: number;
}

/**
 * Channels that have been made and are still in memory, within bounds: past one of them the channel
 * that was used longest ago goes, those that nobody reads before those that somebody does.
 */
export class KeptChannels {
  readonly #bounds: KeptBounds;
  /** Their sizes, those used longest ago first. */
  readonly #sizes = new Map<KeptChannel, number>();
  #bytes = 0;

  constructor(bounds: KeptBounds) {
    this.#bounds = bounds;
  }

  get size(): number {
    return this.#sizes.size;
  }

  /** One more, of about so many bytes; perhaps it goes at once. */
  add(channel: KeptChannel, bytes: number): void {
    this.#sizes.set(channel, bytes);
    this.#bytes += bytes;
    while (this.#isFull) {
      const next = this.#oldestUnused() ?? this.#sizes.keys().next().value;
      // Who is slow to read what has just been made would have it made again, and again.
      if (!next || (next === channel && !channel.isUnused)) return;
      this.delete(next);
      next.evict();
    }
  }

  /** One was used: it is the last one to go, at once where it was there past a bound for its readers. */
  use(channel: KeptChannel): void {
    const bytes = this.#sizes.get(channel);
    if (bytes === undefined) return;
    this.#sizes.delete(channel);
    this.#sizes.set(channel, bytes);
    while (this.#isFull && this.makeRoom());
  }

  get #isFull(): boolean {
    return this.#sizes.size > this.#bounds.channels || this.#bytes > this.#bounds.bytes;
  }

  /** One has gone. */
  delete(channel: KeptChannel): void {
    this.#bytes -= this.#sizes.get(channel) ?? 0;
    this.#sizes.delete(channel);
  }

  /** Evicts one that nobody reads, if there is one; returns whether. */
  makeRoom(): boolean {
    const oldest = this.#oldestUnused();
    if (!oldest) return false;
    this.delete(oldest);
    oldest.evict();
    return true;
  }

  #oldestUnused(): KeptChannel | undefined {
    for (const channel of this.#sizes.keys()) if (channel.isUnused) return channel;
    return undefined;
  }
}
