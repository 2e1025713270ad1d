import type { DeltawireError } from "@deltawire/spec";
import type { Outage, Situation } from "./reconnection.js";

/** What a user interface shows of a connection. */
export type WireStatus =
  /** Nobody has used a channel yet. */
  | { readonly is: "idle" }
  /** The first attempt is under way. */
  | { readonly is: "connecting" }
  /** Connected; some channel waits for what it has missed. */
  | { readonly is: "catching_up" }
  /** Connected, and every channel is as new as the server's last word. */
  | { readonly is: "live" }
  /** Without a connection since a time of `performance.now()`; tries again by itself. */
  | { readonly is: "offline"; readonly since: number; readonly error: DeltawireError }
  /** Does not try again by itself, unless the `token` function gives another token. */
  | { readonly is: "stopped"; readonly error: DeltawireError };

/** What a user interface shows of a channel. */
export type ChannelStatus =
  /** Nobody reads it. */
  | { readonly is: "idle" }
  /** Waits for what it has missed, at first for everything. */
  | { readonly is: "catching_up" }
  /** As new as the server's last word. */
  | { readonly is: "live" }
  /** As it was when the connection, or the server's history, was lost, by `performance.now()`. */
  | { readonly is: "stale"; readonly since: number; readonly error: DeltawireError }
  /** Stays as it is. */
  | { readonly is: "stopped"; readonly error: DeltawireError };

/** What a situation looks like, where nothing else counts. */
export function statusOf(situation: Situation): WireStatus {
  switch (situation.is) {
    case "idle":
      return { is: "idle" };
    case "open":
      return { is: "live" };
    case "stopped":
      return { is: "stopped", error: situation.error };
    case "connecting":
    case "waiting":
      return situation.outage ? during(situation.outage) : { is: "connecting" };
  }
}

/** A token that was refused is nothing that passes by itself. */
function during({ since, error }: Outage): WireStatus {
  const isRefused = error.code === "unauthorized";
  return isRefused ? { is: "stopped", error } : { is: "offline", since, error };
}

/** Whether two say the same: then the first one stays, as who compares them expects. */
export function isSame(one: WireStatus | ChannelStatus, other: typeof one): boolean {
  const errorOf = (status: typeof one) => ("error" in status ? status.error : undefined);
  return one.is === other.is && errorOf(one) === errorOf(other);
}
