import type { LogContents, LogRecord } from "./log.js";

/** Whether a log has nothing of a channel. */
export const isEmpty = ({ snapshot, records }: LogContents): boolean =>
  !snapshot && records.length === 0;

/** The place that a log's contents end at; undefined where they are nothing. */
export function endOf({ snapshot, records }: LogContents): LogRecord | undefined {
  const last = records.at(-1);
  return last && last.index >= (snapshot?.index ?? 0) ? last : snapshot;
}

/** The index that they begin at. */
export const startOf = ({ snapshot, records }: LogContents): number =>
  Math.min(records[0]?.index ?? FOREVER, snapshot?.index ?? FOREVER);

const FOREVER = Number.POSITIVE_INFINITY;
