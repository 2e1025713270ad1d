import { DeltawireError, type Filter, type JsonValue, LIMITS } from "@deltawire/spec";
import type { Consumer } from "./consumer.js";
import { FilteredView } from "./engine/filtered-view.js";
import type { Outcome } from "./engine/outcome.js";
import { FilteredFollowers, type FilteredHost } from "./filtered-followers.js";
import { Followers } from "./followers.js";
import type { Subscription } from "./subscription.js";

/** Everyone who follows a channel: all of it, or by a filter. */
export class Audience implements Iterable<Subscription> {
  readonly #name: string;
  readonly #host: FilteredHost;
  readonly #whole: Followers;
  /** Those that somebody follows by, by the filter's key. */
  readonly #filtered = new Map<string, FilteredFollowers>();

  constructor(name: string, host: FilteredHost) {
    this.#name = name;
    this.#host = host;
    this.#whole = new Followers(name, host);
  }

  /** How many they are. */
  get size(): number {
    let { size } = this.#whole.subscriptions;
    for (const { followers } of this.#filtered.values()) size += followers.subscriptions.size;
    return size;
  }

  *[Symbol.iterator](): Generator<Subscription> {
    for (const followers of this.#all()) yield* followers.subscriptions;
  }

  *#all(): Generator<Followers> {
    yield this.#whole;
    for (const { followers } of [...this.#filtered.values()]) yield followers;
  }

  /** States that were given up while somebody read them. */
  get droppedPins(): number {
    let dropped = 0;
    for (const followers of this.#all()) dropped += followers.droppedPins;
    return dropped;
  }

  /**
   * Begins to follow; nothing is sent before {@link Subscription.ask}.
   *
   * @throws DeltawireError `limit_exceeded` where there are too many filters
   */
  follow(consumer: Consumer, filter?: Filter): Subscription {
    return (filter ? this.#by(filter).followers : this.#whole).follow(consumer);
  }

  /** Whether a subscription is one to what a filter shows, or none does. */
  has(subscription: Subscription, filter: Filter | undefined): boolean {
    const by = filter ? this.#filtered.get(keyOf(filter))?.followers : this.#whole;
    return by === subscription.channel;
  }

  /** What a filter shows, at a version if that is known here. */
  view(filter: Filter, seq?: number): FilteredView {
    const known = this.#filtered.get(keyOf(filter));
    if (seq !== undefined) known?.approach(seq);
    return known?.view ?? new FilteredView(this.#name, filter, this.#host);
  }

  #by(filter: Filter): FilteredFollowers {
    const key = keyOf(filter);
    const known = this.#filtered.get(key);
    if (known) return known;
    if (this.#filtered.size >= LIMITS.max_filters) {
      const what = `max_filters (${LIMITS.max_filters}) exceeded by those who follow the channel`;
      throw new DeltawireError("limit_exceeded", what, { channel: this.#name, path: "/filter" });
    }
    const host = this.#host;
    const filtered = new FilteredFollowers(this.#name, filter, {
      clock: host.clock,
      statistics: host.statistics,
      weight: host.weight,
      get engine() {
        return host.engine;
      },
      left: () => {
        if (filtered.followers.subscriptions.size === 0) {
          this.#filtered.delete(key);
          filtered.close();
        }
        host.left();
      },
    });
    this.#filtered.set(key, filtered);
    return filtered;
  }

  /** The channel has gone on. */
  publish({ frames, states }: Pick<Outcome, "frames" | "states">): void {
    this.#whole.publish(frames, states);
    if (this.#filtered.size === 0) return;
    for (const filtered of [...this.#filtered.values()]) {
      frames.forEach((frame, i) => {
        const state = states[i];
        if (state) filtered.publish(frame, state);
      });
    }
  }

  /** The channel is another one, or far ahead: everyone is brought there. */
  restart(): void {
    this.#whole.restart();
    for (const filtered of [...this.#filtered.values()]) filtered.restart();
  }

  /** Nothing can be done with the channel any more: everyone is told why. */
  fail(error: DeltawireError): void {
    for (const followers of this.#all()) followers.fail(error);
  }

  /** The channel has ended, and is forgotten; see {@link Subscription.release}. */
  release(error: DeltawireError): void {
    for (const followers of this.#all()) followers.release(error);
  }

  /** Stops its timers. */
  close(): void {
    this.#whole.close();
    for (const filtered of this.#filtered.values()) filtered.close();
  }
}

/** The same for filters that are equal as JSON values. */
const keyOf = (filter: Filter): string => JSON.stringify(filter, sorted);

function sorted(_: string, value: JsonValue): unknown {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return value;
  return Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)));
}
