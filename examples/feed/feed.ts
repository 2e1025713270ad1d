import { setMaxListeners } from "node:events";
import type { ChannelRule } from "@deltawire/server";
import type { Pool, PoolClient } from "pg";
import { ITEM, SOURCE } from "./items.js";
import { QUERY, SOURCES } from "./queries.js";
import { BEN } from "./schema.js";

/** Milliseconds after which PostgreSQL ends a query. */
export const PATIENCE = 2000;

/** Items of each source. */
const MOST = 20;

/**
 * How a feed is made: all its queries at once, each item as soon as it is there.
 *
 * @param keep milliseconds that a feed stays for others once it is complete
 */
export const feedRule = (pool: Pool, keep: number): ChannelRule => ({
  keep,
  async load(channel, { signal, params: [person = ""] }) {
    setMaxListeners(SOURCES.length, signal);
    channel.setAttributes({ sources: SOURCES.map(({ name }) => name) });
    const known = await pool.query("select 1 from feed_person where id = $1", [person]);
    if (!known.rowCount) {
      return channel.end("nobody", { code: "unknown_person", message: `there is no ${person}` });
    }
    const add = async (source: string, delay: number): Promise<void> => {
      try {
        const rows = await newest(pool, [person, source, MOST, delay / 1000], signal);
        for (const { id, at, author, title } of rows) {
          const attributes = { source, at: at.toISOString(), author };
          channel.event(ITEM, { id: `${source}-${id}`, text: title, attributes });
        }
        channel.event(SOURCE, { id: source, attributes: { state: "done" } });
      } catch (error) {
        if (signal.aborted) throw error;
        const attributes = { state: "failed", error: reasonOf(error) };
        channel.event(SOURCE, { id: source, attributes });
      }
    };
    await Promise.all(SOURCES.map(({ name, delay }) => add(name, delayFor(person, name) ?? delay)));
  },
});

/** Ben's reports take longer than PostgreSQL may: that source fails, and the rest stays. */
const delayFor = (person: string, source: string): number | undefined =>
  person === BEN && source === "reports" ? 2 * PATIENCE : undefined;

interface Row {
  readonly id: string;
  readonly at: Date;
  readonly title: string;
  readonly author: string;
}

/** The rows of a source; a query of a feed that nobody reads any more is cancelled. */
async function newest(
  pool: Pool,
  parameters: readonly unknown[],
  signal: AbortSignal,
): Promise<readonly Row[]> {
  const client = await pool.connect();
  const cancel = (): void => {
    // Where it cannot be cancelled it ends by itself, in time.
    pool.query("select pg_cancel_backend($1)", [pidOf(client)]).catch(() => undefined);
  };
  try {
    signal.throwIfAborted();
    signal.addEventListener("abort", cancel);
    return (await client.query<Row>(QUERY, [...parameters])).rows;
  } finally {
    signal.removeEventListener("abort", cancel);
    client.release();
  }
}

/** `pg` has it, and does not say so in its types. */
const pidOf = (client: PoolClient): unknown => (client as { processID?: unknown }).processID;

/** What a reader is told; 57014 is PostgreSQL's code of a statement that took too long. */
function reasonOf(error: unknown): string {
  const isLate = (error as { code?: unknown }).code === "57014";
  return isLate ? "took too long" : "could not be read";
}
