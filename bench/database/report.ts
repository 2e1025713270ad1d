import { OURS } from "../report/comparisons.js";
import { bytes, count, ratio, time } from "../report/format.js";
import type { Table } from "../report/table.js";
import type { Results } from "../results.js";

/** How each way is called in a table. */
const NAMES: Readonly<Record<string, string>> = {
  [OURS]: "deltawire",
  "deltawire-16": "deltawire, 16 turns at a time",
  "per-token": "4 queries a token, whole text",
  throttled: "the same once in 200 ms",
};

/** A statement of sixteen turns is a fraction for each. */
const statements = (value: number): string => (value < 100 ? ratio(value) : count(value));

/** What PostgreSQL does for a turn. */
export function databaseTables({ database }: Results): Table[] {
  const rows = Object.entries(database ?? {}).map(([way, row]) => [
    NAMES[way] ?? way,
    ...[row.reads, row.writes, row.finalWrites].map(statements),
    bytes(row.bytes),
    time(row.busy),
  ]);
  if (rows.length === 0) return [];
  const note =
    "For a turn of 1,000 tokens in 10 s, about 4 KB, as PostgreSQL counts itself: statements by " +
    "pg_stat_statements, bytes of its write-ahead log, time of its execution. Ours in real time; " +
    "the others as fast as they go, which changes nothing in what is counted.";
  const head = ["", "reads", "writes", "final writes", "bytes written", "busy"];
  return [{ title: "Database work of a turn", note, head, rows }];
}
