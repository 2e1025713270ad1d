import type { Reason, Row, RowKind } from "../row.js";

/** Which rows the timeline shows. */
export interface Filter {
  /** Undefined for all of them. */
  readonly channel?: string | undefined;
  readonly direction?: "sent" | "received" | undefined;
  /** Kinds that are left out. */
  readonly hidden: ReadonlySet<RowKind>;
  readonly reason?: Reason | undefined;
  /** Words that are all there, in any case: in a column, or in what the frame carries. */
  readonly search: string;
}

/** The test of a filter, made once for many rows. */
export function matcherOf(filter: Filter): (row: Row) => boolean {
  const { channel, direction, hidden, reason } = filter;
  const words = filter.search.toLowerCase().split(/\s+/).filter(Boolean);
  return (row) => {
    if (channel !== undefined && row.channel !== channel) return false;
    if (direction !== undefined && row.direction !== direction) return false;
    if (reason !== undefined && row.reason !== reason) return false;
    if (hidden.has(row.kind)) return false;
    return words.length === 0 || hasWords(row, words);
  };
}

function hasWords(row: Row, words: readonly string[]): boolean {
  const columns = `${row.kind} ${row.channel ?? ""} ${row.reason ?? ""} ${row.seq ?? ""}`;
  const inColumns = columns.toLowerCase();
  const rest = words.filter((word) => !inColumns.includes(word));
  if (rest.length === 0) return true;
  const carried = carriedBy(row).toLowerCase();
  return rest.every((word) => carried.includes(word));
}

/** Nobody searches in them, and as text they are ten times as long. */
const withoutBytes = (_key: string, value: unknown): unknown =>
  value instanceof Uint8Array ? undefined : value;

/** Everything that a row carries, as text: JSON of a frame, or the raw message. */
function carriedBy({ event, frame }: Row): string {
  if (event.type === "message" && typeof event.message === "string") return event.message;
  if (frame) return JSON.stringify(frame, withoutBytes);
  if (event.type === "lost") return JSON.stringify(event);
  return event.type === "channel" ? event.channel : event.type;
}
