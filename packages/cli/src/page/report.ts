/**
 * What the network between a client and the server does: `slow` lets 2,000 bytes a second pass each
 * way; `stalled` reads nothing more from the server while the connection stays; `cut` resets every
 * connection and lets none come to be.
 */
export type Network = "live" | "slow" | "stalled" | "cut";

/** One client's way to the server, and what has passed on it, counted from the sockets' bytes. */
export interface LineReport {
  readonly name: string;
  /** What this line was told. It does the worse of this and of {@link PageReport.network}. */
  readonly network: Network;
  /**
   * Bytes from server to client so far, over all its connections: everything after the heads of
   * HTTP, so WebSocket frames with their headers, or the chunks of a stream of events.
   */
  readonly down: number;
  /** Bytes from client to server so far, counted alike. */
  readonly up: number;
  /** Messages from server to client so far: WebSocket messages, or events. */
  readonly frames: number;
  /** Connections made so far; over HTTP each request is one. */
  readonly connections: number;
  /** Connections that are open now. */
  readonly open: number;
  /**
   * Bytes from server to client until it was up to date, on the newest connection that brought it
   * there: what coming, or coming back, has cost. 0 before the first.
   */
  readonly joinBytes: number;
}

/** A turn that the editor writes, as its own process counts. */
export interface TurnReport {
  /** The message's id: `turn-1`, `turn-2`, ... */
  readonly message: string;
  /** `cancelled`: by the command `stop`. `failed`: the editor could not go on. */
  readonly status: "running" | "completed" | "cancelled" | "failed";
  /** Tokens written so far. */
  readonly steps: number;
  /** Tokens of the whole turn. */
  readonly of: number;
  /** Tokens a second. */
  readonly rate: number;
  /** UTF-8 of all text that was inserted so far. */
  readonly rawBytes: number;
  /** What sending the whole content with every token would have cost so far. */
  readonly naiveBytes: number;
}

/** The process of the server. */
export interface ServerReport {
  readonly is: "up" | "down";
  /** How often it was killed and started again, or died and was. */
  readonly restarts: number;
}

/**
 * How everything stands: the data of each event `report` of `GET /control/events`, whole each time.
 * One comes at once, and then after something has changed, at most every 100 ms.
 */
export interface PageReport {
  /** `Date.now()` of the process that counts. */
  readonly at: number;
  readonly server: ServerReport;
  /** What everybody's network was told last. */
  readonly network: Network;
  /** The newest turn; absent before the first. */
  readonly turn?: TurnReport;
  /** The editor's line. */
  readonly editor: LineReport;
  /** `/wire`, by which visitors write. */
  readonly visitor: LineReport;
  /** Lines of `/viewers/<name>/wire`, oldest first; 64 at most. */
  readonly viewers: readonly LineReport[];
}

/** The answer to `GET /control/turn`: the editor's own copy of the newest turn. */
export interface TurnCopy {
  readonly message: string;
  readonly status: TurnReport["status"];
  /** Parts in document order: a string for a text part, the value for a JSON part. */
  readonly parts: readonly (readonly [id: string, content: string | object])[];
}

/** The body of an answer that is no success. */
export interface ControlError {
  readonly error: {
    /** For programs, such as `turn_running`. */
    readonly code: string;
    /** What happened and what to do, for people. */
    readonly message: string;
  };
}
