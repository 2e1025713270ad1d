import type { Wire } from "@deltawire/protocol";
import type { Process } from "./world.js";

/** What a server does with a connection. */
export interface Accepted {
  receive(message: Wire): void;
  /** The connection is gone. */
  end(): void;
}

/** The server's end of a connection. */
export interface ServerEnd {
  send(message: Wire): void;
  close(code: number, reason: string): void;
  /** Does not wait for the client to close, too. */
  terminate(): void;
  readonly waiting: number;
  /** What to call whenever less waits than before. */
  onTaken(run: () => void): void;
}

/** Who takes connections at the address of the servers. */
export interface Listener {
  readonly process: Process;
  /** The subprotocol that it chooses and what it makes of the connection; undefined refuses. */
  accept(
    offered: readonly string[],
    end: ServerEnd,
  ): { protocol: string; accepted: Accepted } | undefined;
}
