import { DeltawireError, type Filter, type JsonValue, LIMITS } from "@deltawire/spec";
import { ANYBODY, type Principal } from "./access.js";
import type { Consumer } from "./consumer.js";
import type { FilteredView } from "./engine/filtered-view.js";
import { FilteredFollowers, type FilteredHost } from "./filtered-followers.js";
import type { Subscription } from "./subscription.js";

/** Views that stay though nobody follows them, and milliseconds for which they do. */
const MAX_UNFOLLOWED = 8;
const KEPT = 10_000;

/**
 * The views of a channel, by filter.
 *
 * 1. All who ask for the same one share it, those who follow it and those who read it once.
 * 2. One that nobody follows stays for a while, and goes on with the channel: who polls, or has lost
 *    its connection, finds it as it would be. Those are few; the one that was used longest ago goes.
 * 3. No principal can keep others out: each one follows a few of them.
 */
export class Views implements Iterable<FilteredFollowers> {
  readonly #name: string;
  readonly #host: FilteredHost;
  readonly #views = new Map<string, FilteredFollowers>();
  /** Those that nobody follows, and since when; the oldest first. */
  readonly #unfollowed = new Map<string, number>();
  #cancelSweep: (() => void) | undefined;

  constructor(name: string, host: FilteredHost) {
    this.#name = name;
    this.#host = host;
  }

  /** Those that somebody follows. */
  get followed(): number {
    return this.#views.size - this.#unfollowed.size;
  }

  [Symbol.iterator](): Iterator<FilteredFollowers> {
    return [...this.#views.values()][Symbol.iterator]();
  }

  /** That of a filter, where it is there. */
  find(filter: Filter): FilteredFollowers | undefined {
    return this.#views.get(filterKey(filter));
  }

  /**
   * Begins to follow what a filter shows.
   *
   * @throws DeltawireError `limit_exceeded` where the consumer's principal follows too many of them,
   *   `overloaded` where everybody together does
   */
  follow(consumer: Consumer, filter: Filter): Subscription {
    const key = filterKey(filter);
    const known = this.#views.get(key);
    const { principal } = consumer;
    if (principal && !known?.isFollowedBy(principal)) this.#checkShare(principal);
    const isFollowed = known && !this.#unfollowed.has(key);
    if (!isFollowed && this.followed >= LIMITS.max_filters) {
      const what = `max_filters (${LIMITS.max_filters}) exceeded by those who follow the channel`;
      throw this.#error("overloaded", `${what}; try again`);
    }
    const view = known ?? this.#make(key, filter);
    this.#unfollowed.delete(key);
    return view.follow(consumer);
  }

  #checkShare(principal: Principal): void {
    if (principal === ANYBODY) return; // nobody in particular, and on one connection
    const max = LIMITS.max_filters_each;
    let count = 0;
    for (const view of this.#views.values()) if (view.isFollowedBy(principal)) count += 1;
    if (count < max) return;
    const what = `max_filters_each (${max}) exceeded by what this client follows of the channel`;
    throw this.#error("limit_exceeded", `${what}; end one, or take a filter that is there`);
  }

  #error(code: "overloaded" | "limit_exceeded", what: string): DeltawireError {
    return new DeltawireError(code, what, { channel: this.#name, path: "/filter" });
  }

  /** What a filter shows, at a version if that is known here; to read now. */
  look(filter: Filter, seq?: number): FilteredView {
    const key = filterKey(filter);
    const view = this.#views.get(key) ?? this.#make(key, filter);
    if (view.followers.subscriptions.size === 0) this.#leave(key);
    if (seq !== undefined) view.approach(seq);
    return view.view;
  }

  #make(key: string, filter: Filter): FilteredFollowers {
    const host = this.#host;
    const view = new FilteredFollowers(this.#name, filter, {
      clock: host.clock,
      statistics: host.statistics,
      weight: host.weight,
      get engine() {
        return host.engine;
      },
      left: (subscription) => {
        if (view.followers.subscriptions.size === 0) this.#leave(key);
        host.left(subscription);
      },
    });
    this.#views.set(key, view);
    return view;
  }

  /** Nobody follows it: it is the last one to go. */
  #leave(key: string): void {
    if (!this.#views.has(key)) return; // all of them are closed
    this.#unfollowed.delete(key);
    this.#unfollowed.set(key, this.#host.clock.now());
    const [oldest] = this.#unfollowed.keys();
    if (this.#unfollowed.size > MAX_UNFOLLOWED && oldest !== undefined) this.#drop(oldest);
    this.#sweepLater();
  }

  #sweepLater(): void {
    const { clock } = this.#host;
    const [first] = this.#unfollowed.values();
    if (first === undefined) return;
    this.#cancelSweep ??= clock.after(Math.max(0, first + KEPT - clock.now()), () => {
      this.#cancelSweep = undefined;
      for (const [key, since] of this.#unfollowed) if (since + KEPT <= clock.now()) this.#drop(key);
      this.#sweepLater();
    });
  }

  #drop(key: string): void {
    this.#unfollowed.delete(key);
    this.#views.get(key)?.close();
    this.#views.delete(key);
  }

  /** Stops their timers. */
  close(): void {
    this.#cancelSweep?.();
    for (const view of this.#views.values()) view.close();
    this.#views.clear();
    this.#unfollowed.clear();
  }
}

/** The same for filters that are equal as JSON values. */
export const filterKey = (filter: Filter): string => JSON.stringify(filter, sorted);

function sorted(_: string, value: JsonValue): unknown {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return value;
  return Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)));
}
