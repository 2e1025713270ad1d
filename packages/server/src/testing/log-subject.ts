import type { Log } from "../log.js";

/** A log under test: empty, and nobody else's. */
export interface LogSubject {
  readonly log: Log;
  /** The same log as another server has it; absent where only one process may open it. */
  another?(): Promise<Log>;
  /** What is there once `log` has ended and was opened anew; absent where nothing outlives it. */
  reopen?(): Promise<Log>;
  /** Ends whatever was opened, and deletes it. */
  close(): Promise<void>;
}
