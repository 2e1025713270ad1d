import type { KeptChannel } from "./channel-host.js";

/** Channels whose state is kept though nobody reads them any more: those that were left last. */
const MAX_UNREAD = 32;

/**
 * The channels of a wire, by name. There are never two of a name, and one that nobody holds, reads,
 * observes or uses otherwise is let go of: names come and go for as long as a page is open.
 */
export class KnownChannels<C extends KeptChannel> {
  readonly #channels = new Map<string, WeakRef<C>>();
  readonly #gone = new FinalizationRegistry<string>((name) => {
    if (!this.get(name)) this.#channels.delete(name);
  });
  readonly #used = new Set<KeptChannel>();
  readonly #observed = new Set<{ readonly channel: KeptChannel }>();
  readonly #read = new Set<KeptChannel>();
  /** The one that was left last is the last. */
  readonly #unread = new Set<KeptChannel>();

  get(name: string): C | undefined {
    return this.#channels.get(name)?.deref();
  }

  add(name: string, channel: C): void {
    this.#channels.set(name, new WeakRef(channel));
    this.#gone.register(channel, name);
  }

  *[Symbol.iterator](): Generator<readonly [string, C]> {
    for (const [name, known] of this.#channels) {
      const channel = known.deref();
      if (channel) yield [name, channel];
    }
  }

  /** It stays. */
  use(channel: KeptChannel): void {
    this.#used.add(channel);
  }

  /** It stays until that is called which this returns. */
  observe(channel: KeptChannel): () => void {
    const observed = { channel }; // there may be many of one
    this.#observed.add(observed);
    return () => this.#observed.delete(observed);
  }

  /** It stays while it is read. */
  read(channel: KeptChannel): void {
    this.#unread.delete(channel);
    this.#read.add(channel);
  }

  /** It stays for a while; then its state is forgotten. */
  leave(channel: KeptChannel): void {
    this.#read.delete(channel);
    this.#unread.add(channel);
    const [oldest] = this.#unread;
    if (this.#unread.size <= MAX_UNREAD || !oldest) return;
    this.#unread.delete(oldest);
    oldest.forget();
  }
}
