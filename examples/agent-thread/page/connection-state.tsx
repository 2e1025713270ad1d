import type { ReadWire } from "@deltawire/client/reader";
import { useConnection } from "@deltawire/react";
import type { ReactElement } from "react";

const WORDS = {
  idle: "Idle",
  connecting: "Connecting",
  catching_up: "Catching up",
  live: "Live",
  offline: "Offline",
  stopped: "Disconnected",
} as const;

/** How the connection is, and a way to have it back at once. */
export function ConnectionState(): ReactElement {
  const { status, wire } = useConnection<ReadWire>();
  return (
    <div className="connection" data-is={status.is}>
      <span role="status">
        <span className="dot" aria-hidden="true" />
        {WORDS[status.is]}
      </span>
      {(status.is === "offline" || status.is === "stopped") && (
        <button type="button" onClick={() => wire.retry()} title={status.error.message}>
          Retry
        </button>
      )}
    </div>
  );
}
