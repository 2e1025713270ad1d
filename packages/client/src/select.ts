import type { ReadChannel } from "./read-channel.js";

/** A channel, as far as it is read. */
export type ReadableChannel = Pick<ReadChannel, "state" | "status" | "error" | "subscribe">;

/** Something of a channel, as a store that any framework can bind. Made by {@link select}. */
export interface Selection<T> {
  /**
   * What is read: the same object until it changes. While somebody subscribes it changes only
   * right before the listeners run, so that all who read it in between see one version.
   */
  get(): T;
  /**
   * Calls back after {@link get} has changed, at most once an animation frame. The channel opens
   * with its first reader and closes after its last. Returns what stops it.
   */
  subscribe(listener: () => void): () => void;
}

/**
 * Selects something of a channel: `select(channel, ({ state }) => state.message("turn-7"))`.
 *
 * @param read takes what is wanted from the channel's `state`, `status` or `error`, and from
 *   nothing that changes beside them
 * @param isEqual whether two results are the same: then the earlier one stays. @default Object.is
 */
export function select<T, C extends ReadableChannel = ReadableChannel>(
  channel: C,
  read: (channel: C) => T,
  isEqual: (one: T, other: T) => boolean = Object.is,
): Selection<T> {
  const listeners = new Set<() => void>();
  let stop: (() => void) | undefined;
  /** What was read last, and of what. */
  let last: { readonly of: readonly unknown[]; readonly value: T } | undefined;

  /** Reads anew; returns whether that made a difference. */
  function refresh(): boolean {
    const { state, status, error } = channel;
    const of = [state, status, error];
    if (last?.of.every((one, i) => one === of[i])) return false;
    const value = read(channel);
    const isSame = last !== undefined && isEqual(last.value, value);
    last = { of, value: last && isSame ? last.value : value };
    return !isSame;
  }

  function changed(): void {
    if (!refresh()) return;
    for (const listener of [...listeners]) if (listeners.has(listener)) listener();
  }

  return {
    get() {
      if (!stop || !last) refresh();
      // `refresh` has set it; what it reads may be undefined.
      return (last as { readonly value: T }).value;
    },
    subscribe(listener) {
      const own = () => listener(); // the same function may be subscribed twice
      listeners.add(own);
      if (!stop) {
        stop = channel.subscribe(changed);
        refresh();
      }
      return () => {
        if (!listeners.delete(own) || listeners.size > 0) return;
        stop?.();
        stop = undefined;
      };
    },
  };
}
