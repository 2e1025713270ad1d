import type { DemandGauges } from "./demand-statistics.js";

/** What is now, and cannot be counted up. */
export interface Gauges {
  readonly channels: number;
  /** Consumers that are behind, and the versions that the slowest one lacks. */
  readonly behind: { readonly consumers: number; readonly versions: number };
  readonly filtered: Filtered;
  readonly on_demand: DemandGauges;
}

/** Consumers that follow by a filter, and how many different ones those are. */
export interface Filtered {
  readonly subscriptions: number;
  readonly filters: number;
}

/** A channel, as far as it is counted here. */
interface Followed {
  readonly subscriptions: Iterable<{ readonly lag: number; readonly isLocal: boolean }>;
  readonly followers: { readonly filtered: Filtered };
}

/** What those who follow channels come to; looks at each of them. */
export function gaugesOf(channels: Iterable<Followed>): Pick<Gauges, "behind" | "filtered"> {
  const behind = { consumers: 0, versions: 0 };
  const filtered = { subscriptions: 0, filters: 0 };
  for (const { subscriptions, followers } of channels) {
    filtered.subscriptions += followers.filtered.subscriptions;
    filtered.filters += followers.filtered.filters;
    for (const { lag, isLocal } of subscriptions) {
      if (isLocal || lag === 0) continue;
      behind.consumers += 1;
      behind.versions = Math.max(behind.versions, lag);
    }
  }
  return { behind, filtered };
}
