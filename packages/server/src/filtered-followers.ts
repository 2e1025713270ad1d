import type { ChannelState } from "@deltawire/protocol";
import type { ChangesFrame, Filter } from "@deltawire/spec";
import type { Principal } from "./access.js";
import type { Consumer } from "./consumer.js";
import { FilteredView, type ViewSource } from "./engine/filtered-view.js";
import { Followers, type FollowersHost } from "./followers.js";
import type { Subscription } from "./subscription.js";

/** Versions without anything for a view after which it is said that there were some. */
const VERSIONS = 512;

/** Milliseconds of silence of the channel before which that is said, too. */
const SILENCE = 1000;

/** What {@link FilteredFollowers} need of their channel. */
export type FilteredHost = Omit<FollowersHost, "engine"> & ViewSource;

/** Everyone who follows a channel by one filter: they share a view of it, and its encoding. */
export class FilteredFollowers {
  readonly followers: Followers;
  /** What they see. */
  readonly view: FilteredView;
  readonly #host: FilteredHost;
  /** Who they are, each with how many of them. */
  readonly #principals = new Map<string, number>();
  #heardAt = 0;
  #cancelTimer: (() => void) | undefined;
  #isClosed = false;

  constructor(name: string, filter: Filter, host: FilteredHost) {
    const view = new FilteredView(name, filter, host);
    this.view = view;
    this.#host = host;
    this.followers = new Followers(name, {
      clock: host.clock,
      statistics: host.statistics,
      weight: host.weight,
      engine: view,
      approach: (seq) => this.approach(seq),
      left: (subscription) => {
        this.#count(subscription, -1);
        host.left(subscription);
      },
    });
  }

  follow(consumer: Consumer): Subscription {
    const subscription = this.followers.follow(consumer);
    this.#count(subscription, 1);
    return subscription;
  }

  /** Whether one of them is of a principal. */
  isFollowedBy({ id }: Principal): boolean {
    return this.#principals.has(id);
  }

  #count({ principal }: Subscription, difference: 1 | -1): void {
    if (!principal) return;
    const count = (this.#principals.get(principal.id) ?? 0) + difference;
    if (count > 0) this.#principals.set(principal.id, count);
    else this.#principals.delete(principal.id);
  }

  /** The channel has gone on by a frame, to a state. */
  publish(frame: ChangesFrame, after: ChannelState): void {
    const frameOfView = this.view.take(frame, after);
    if (frameOfView === "anew") this.#renew();
    else if (frameOfView) this.#publish(frameOfView);
    else if (this.view.behind >= VERSIONS) this.#catchUp();
    this.#heardAt = this.#host.clock.now();
    if (this.view.behind > 0 && !this.#isClosed) this.#wait(SILENCE);
  }

  #renew(): void {
    this.followers.restart();
    if (this.followers.subscriptions.size > 0) this.#host.statistics.filteredAnew();
  }

  #wait(milliseconds: number): void {
    this.#cancelTimer ??= this.#host.clock.after(milliseconds, () => {
      this.#cancelTimer = undefined;
      const left = this.#heardAt + SILENCE - this.#host.clock.now();
      if (left > 0) this.#wait(left);
      else this.#catchUp();
    });
  }

  /** Somebody has a version: goes there, where it was left out so far. */
  approach(seq: number): void {
    if (seq > this.view.state.seq) this.#catchUp();
  }

  /** Tells everyone which version this is; nothing else is new. */
  #catchUp(): void {
    const frame = this.view.catchUp();
    if (frame) this.#publish(frame);
  }

  #publish(frame: ChangesFrame): void {
    this.followers.publish([frame], [this.view.state]);
  }

  /** The channel is another one, or far ahead. */
  restart(): void {
    this.view.reset();
    this.followers.restart();
  }

  /** Stops its timers. */
  close(): void {
    this.#isClosed = true; // whoever was told of the last frame may have been the last one
    this.#cancelTimer?.();
    this.followers.close();
  }
}
