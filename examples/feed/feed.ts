import { setMaxListeners } from "node:events";
import type { ChannelRule, Server, ServerChannel } from "@deltawire/server";
import type { Pool, PoolClient } from "pg";
import { QUERY, SOURCES, type Source } from "./queries.js";
import type { Timings } from "./timings.js";

/** A channel's name before its person's. */
export const FEED = "feed/";

/** What the kinds of a feed's messages are called: an item, and the end of a source. */
export const ITEM = "item";
export const SOURCE = "source";

/** Items of each source. */
const MOST = 20;

/** What a {@link feedRule} uses. */
export interface FeedHost {
  readonly pool: Pool;
  readonly timings: Timings;
  /** Milliseconds that a feed stays for others once it is complete. */
  readonly keep: number;
  /** More milliseconds for a person's source: so it is tried that one is too slow. */
  slowness?(person: string, source: Source): number;
}

/** How a feed is made: all its queries at once, each item as soon as it is there. */
export function feedRule({ pool, timings, keep, slowness }: FeedHost): ChannelRule {
  return {
    keep,
    async load(channel, { signal, params: [person = ""] }) {
      const time = timings.begin();
      setMaxListeners(SOURCES.length, signal);
      channel.setAttributes({
        sources: SOURCES.map(({ name, label, group }) => ({ name, label, group })),
      });
      const known = await pool.query("select 1 from feed_person where id = $1", [person]);
      if (!known.rowCount) {
        return channel.end("nobody", { code: "unknown_person", message: `there is no ${person}` });
      }
      const add = async (source: Source): Promise<void> => {
        const delay = source.delay + (slowness?.(person, source) ?? 0);
        const end = (attributes: Ending): void => {
          channel.event(SOURCE, { id: source.name, attributes: { ...attributes } });
        };
        try {
          const rows = await newest(pool, person, source, delay, signal);
          if (rows.length > 0) time.first();
          for (const row of rows) addItem(channel, source, row);
          end({ state: "done", items: rows.length });
        } catch (error) {
          if (signal.aborted) throw error;
          end({ state: "failed", error: reasonOf(error) });
        }
      };
      await Promise.all(SOURCES.map(add));
      time.complete();
    },
  };
}

/** What became of a source, as its message says it. */
type Ending = { state: "done"; items: number } | { state: "failed"; error: string };

interface Row {
  readonly id: string;
  readonly at: Date;
  readonly title: string;
  readonly author: string;
}

function addItem(channel: ServerChannel, source: Source, { id, at, title, author }: Row): void {
  const attributes = { source: source.name, at: at.toISOString(), author };
  channel.event(ITEM, { id: `${source.name}-${id}`, text: title, attributes });
}

/** The rows of a source; a query of a feed that nobody reads any more is cancelled. */
async function newest(
  pool: Pool,
  person: string,
  { name }: Source,
  delay: number,
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
    return (await client.query<Row>(QUERY, [person, name, MOST, delay / 1000])).rows;
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

/** The channel of a person's feed, in the server's process. */
export const feedOf = (server: Server, person: string): ServerChannel =>
  server.channel(`${FEED}${person}`);
