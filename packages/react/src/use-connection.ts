import type { ReadWire, Wire, WireStatus } from "@deltawire/client";
import { useCallback, useMemo, useSyncExternalStore } from "react";
import { useWire } from "./wire-context.js";

/** The connection as one render sees it. */
export interface ConnectionView<W extends ReadWire = Wire> {
  /** To connect now (`retry`), to open channels, to write. */
  readonly wire: W;
  /** `idle` until a channel is used, and where a server renders. */
  readonly status: WireStatus;
}

const UNUSED: WireStatus = { is: "idle" };

/**
 * The provider's wire, and how its connection is. Renders when that changes.
 *
 * @throws Error where there is no provider
 * @example
 * const { status, wire } = useConnection();
 * if (status.is === "offline") return <button onClick={() => wire.retry()}>Connect now</button>;
 */
export function useConnection<W extends ReadWire = Wire>(): ConnectionView<W> {
  // The provider's is one that writes, or else the caller has named the type.
  const wire = useWire("useConnection") as W;
  const subscribe = useCallback((listener: () => void) => wire.subscribe(listener), [wire]);
  const status = useSyncExternalStore(
    subscribe,
    () => wire.status,
    () => UNUSED,
  );
  return useMemo(() => ({ wire, status }), [wire, status]);
}
