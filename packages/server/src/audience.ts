import type { DeltawireError, Filter } from "@deltawire/spec";
import type { Consumer } from "./consumer.js";
import type { FilteredView } from "./engine/filtered-view.js";
import type { Outcome } from "./engine/outcome.js";
import type { FilteredHost } from "./filtered-followers.js";
import { Followers } from "./followers.js";
import type { Filtered } from "./gauges.js";
import type { Subscription } from "./subscription.js";
import { Views } from "./views.js";

/** Everyone who follows a channel: all of it, or by a filter. */
export class Audience implements Iterable<Subscription> {
  readonly #whole: Followers;
  readonly #views: Views;

  constructor(name: string, host: FilteredHost) {
    this.#whole = new Followers(name, host);
    this.#views = new Views(name, host);
  }

  /** How many they are. */
  get size(): number {
    return this.#whole.subscriptions.size + this.filtered.subscriptions;
  }

  /** How many of them follow by a filter, and how many different ones those are. */
  get filtered(): Filtered {
    let subscriptions = 0;
    for (const { followers } of this.#views) subscriptions += followers.subscriptions.size;
    return { subscriptions, filters: this.#views.followed };
  }

  *[Symbol.iterator](): Generator<Subscription> {
    for (const followers of this.#all()) yield* followers.subscriptions;
  }

  *#all(): Generator<Followers> {
    yield this.#whole;
    for (const { followers } of this.#views) yield followers;
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
   * @throws DeltawireError see {@link Views.follow}
   */
  follow(consumer: Consumer, filter?: Filter): Subscription {
    return filter ? this.#views.follow(consumer, filter) : this.#whole.follow(consumer);
  }

  /** Whether a subscription is one to what a filter shows, or none does. */
  has(subscription: Subscription, filter: Filter | undefined): boolean {
    const by = filter ? this.#views.find(filter)?.followers : this.#whole;
    return by === subscription.channel;
  }

  /** What a filter shows, at a version if that is known here. */
  view(filter: Filter, seq?: number): FilteredView {
    return this.#views.look(filter, seq);
  }

  /** The channel has gone on. */
  publish({ frames, states }: Pick<Outcome, "frames" | "states">): void {
    this.#whole.publish(frames, states);
    for (const view of this.#views) {
      frames.forEach((frame, i) => {
        const state = states[i];
        if (state) view.publish(frame, state);
      });
    }
  }

  /** The channel is another one, or far ahead: everyone is brought there. */
  restart(): void {
    this.#whole.restart();
    for (const view of this.#views) view.restart();
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
    this.#views.close();
  }
}
