import type {
  Channel,
  ChannelStatus,
  DeltawireError,
  Message,
  ReadChannel,
} from "@deltawire/client";
import { ChannelState, type Selection, select } from "@deltawire/client/reader";

/** A channel as one render sees it: all components of a render see the same one. */
export interface ChannelView<C extends ReadChannel = Channel> {
  /** To write, to send commands, to load earlier messages. */
  readonly channel: C;
  /** The messages, in order; each one is the same object until it changes. */
  readonly messages: readonly Message[];
  /** Everything of the channel: its attributes, whether it has ended, how many messages are earlier. */
  readonly state: ChannelState;
  /** How reading is; `idle` only where a server renders, and before the page has taken over. */
  readonly status: ChannelStatus;
  /** Why reading ended, if it did; the messages stay as they were. */
  readonly error: DeltawireError | undefined;
}

/** What React reads of a channel, and what a server renders of it. */
export interface ChannelStore<C extends ReadChannel> extends Selection<ChannelView<C>> {
  /** Of a channel that nobody has read. */
  readonly unread: ChannelView<C>;
}

/** Of each channel one, so that all hooks show the same version. */
const stores = new WeakMap<ReadChannel, ChannelStore<ReadChannel>>();

/** The store of a channel, always the same one. */
export function storeOf<C extends ReadChannel>(channel: C): ChannelStore<C> {
  // It was made of this channel.
  const known = stores.get(channel) as ChannelStore<C> | undefined;
  if (known) return known;
  const store = makeStore(channel);
  stores.set(channel, store);
  return store;
}

function makeStore<C extends ReadChannel>(channel: C): ChannelStore<C> {
  const state = ChannelState.of("");
  const { messages } = state;
  return {
    ...lingering(() => select(channel, viewOf<C>, isSame)),
    unread: { channel, messages, state, status: { is: "idle" }, error: undefined },
  };
}

function viewOf<C extends ReadChannel>(channel: C): ChannelView<C> {
  const { state, error } = channel;
  return { channel, messages: state.messages, state, status: begun(channel.status), error };
}

/** A component that renders is about to read: that it does not yet would be a render of its own. */
function begun(status: ChannelStatus): ChannelStatus {
  return status.is === "idle" ? { is: "catching_up" } : status;
}

function isSame<C extends ReadChannel>(one: ChannelView<C>, other: ChannelView<C>): boolean {
  if (one.state !== other.state || one.error !== other.error) return false;
  const bothBegin = one.status.is === "catching_up" && other.status.is === "catching_up";
  return one.status === other.status || bothBegin; // see begun
}

/**
 * Goes on reading until the end of the turn after its last reader: Strict Mode, and a component in
 * the place of another one, begin again at once, and the server need not hear of that. After that it
 * selects anew: what was read last would be held for as long as the channel is.
 */
function lingering<T>(make: () => Selection<T>): Selection<T> {
  let selection = make();
  const readers = new Set<() => void>();
  let leave: (() => void) | undefined;
  function leaveIfUnused(): void {
    if (readers.size > 0) return;
    leave?.();
    leave = undefined;
    selection = make();
  }
  return {
    get: () => selection.get(),
    subscribe(listener) {
      const stop = selection.subscribe(listener);
      readers.add(stop);
      leave ??= selection.subscribe(() => undefined);
      return () => {
        stop();
        readers.delete(stop);
        queueMicrotask(leaveIfUnused);
      };
    },
  };
}
