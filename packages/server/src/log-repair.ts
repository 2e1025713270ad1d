import type { LogContents, LogPosition, LogRecord } from "./log.js";
import { endOf, isEmpty, startOf } from "./log-contents.js";
import type { RecentRecords } from "./recent-records.js";

/** What is to be done where a log does not continue what a server knows. */
export type Repair =
  /** The log has lost what came last, and nothing has come since: it gets that again. */
  | { readonly is: "put back"; readonly missing: readonly LogRecord[] }
  /** The log is believed. `isLost`: it lacks something that this server knows. */
  | { readonly is: "adopt"; readonly isLost: boolean };

/**
 * What a log's contents mean to a server that was at a position that is not in them.
 *
 * @param isLost whether the log was emptied since that position
 */
export function repairOf(
  contents: LogContents,
  position: LogPosition,
  recent: RecentRecords,
  isLost: boolean,
): Repair {
  if (isEmpty(contents)) return { is: "adopt", isLost: true };
  const missing = recent.after(endOf(contents)?.tag);
  if (missing) return { is: "put back", missing };
  // Where the log begins later it may have gone on from there: this server was away for long.
  return { is: "adopt", isLost: isLost || position.index >= startOf(contents) };
}
