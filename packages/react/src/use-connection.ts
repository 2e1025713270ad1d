import type { Wire, WireStatus } from "@deltawire/client";
import { useSyncExternalStore } from "react";
import { LiveStore } from "./live-store.js";
import { useWire } from "./wire-context.js";

/** The connection as one render sees it. */
export interface ConnectionView {
  /** To connect now (`retry`), to open channels, to write. */
  readonly wire: Wire;
  /** `idle` until a channel is used, and where a server renders. */
  readonly status: WireStatus;
}

/**
 * The provider's wire, and how its connection is. Renders when that changes.
 *
 * @throws Error where there is no provider
 * @example
 * const { status, wire } = useConnection();
 * if (status.is === "offline") return <button onClick={() => wire.retry()}>Connect now</button>;
 */
export function useConnection(): ConnectionView {
  const store = storeOf(useWire("useConnection"));
  return useSyncExternalStore(store.subscribe, store.get, () => store.unused);
}

class ConnectionStore extends LiveStore<ConnectionView> {
  /** Of a wire that nobody has used. */
  readonly unused: ConnectionView;

  constructor(wire: Wire) {
    super({
      read(before) {
        const { status } = wire;
        return before?.status === status ? before : { wire, status };
      },
      subscribe: (listener) => wire.subscribe(listener),
    });
    this.unused = { wire, status: { is: "idle" } };
  }
}

/** Of each wire one, so that all hooks show the same status. */
const stores = new WeakMap<Wire, ConnectionStore>();

function storeOf(wire: Wire): ConnectionStore {
  let store = stores.get(wire);
  if (!store) {
    store = new ConnectionStore(wire);
    stores.set(wire, store);
  }
  return store;
}
