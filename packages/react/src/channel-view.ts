import {
  type Channel,
  ChannelState,
  type ChannelStatus,
  type DeltawireError,
  type Message,
} from "@deltawire/client";
import { LiveStore } from "./live-store.js";

/** A channel as one render sees it: all components of a render see the same one. */
export interface ChannelView {
  /** To write, to send commands, to load earlier messages. */
  readonly channel: Channel;
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
export interface ChannelStore extends LiveStore<ChannelView> {
  /** Of a channel that nobody has read. */
  readonly unread: ChannelView;
}

/** Of each channel one, so that all hooks show the same version. */
const stores = new WeakMap<Channel, ViewStore>();

/** The store of a channel, always the same one. */
export function storeOf(channel: Channel): ChannelStore {
  let store = stores.get(channel);
  if (!store) {
    store = new ViewStore(channel);
    stores.set(channel, store);
  }
  return store;
}

class ViewStore extends LiveStore<ChannelView> implements ChannelStore {
  readonly unread: ChannelView;

  constructor(channel: Channel) {
    super({
      read: (before) => read(channel, before),
      subscribe: (listener) => channel.subscribe(listener),
    });
    const state = ChannelState.of("");
    const { messages } = state;
    this.unread = { channel, messages, state, status: { is: "idle" }, error: undefined };
  }
}

function read(channel: Channel, before: ChannelView | undefined): ChannelView {
  const { state, error } = channel;
  const status = begun(channel.status);
  const isSame =
    before?.state === state && before.error === error && isSameStatus(before.status, status);
  return isSame ? before : { channel, messages: state.messages, state, status, error };
}

/** A component that renders is about to read: that it does not yet would be a render of its own. */
function begun(status: ChannelStatus): ChannelStatus {
  return status.is === "idle" ? { is: "catching_up" } : status;
}

function isSameStatus(one: ChannelStatus, other: ChannelStatus): boolean {
  if (one === other) return true;
  return one.is === "catching_up" && other.is === "catching_up"; // see begun
}
