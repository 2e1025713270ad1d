import { time } from "../report/format.js";
import type { Table } from "../report/table.js";
import type { Results } from "../results.js";

const NOTE =
  "Fifteen queries of PostgreSQL in three groups of latency, 20 items each, until a reader has them. Streamed " +
  "and cached by the example, over a connection of the reader's own that is made in that time.";

/** What a reader of a feed waits, by how its queries are asked and answered. */
export function feedTables({ feedWays = {} }: Results): Table[] {
  const rows = Object.entries(feedWays).map(([way, { first, complete }]) => [
    way,
    time(first * 1e6),
    time(complete * 1e6),
  ]);
  const head = ["", "first items", "all of it"];
  return rows.length === 0 ? [] : [{ title: "A feed of 15 queries", note: NOTE, head, rows }];
}
