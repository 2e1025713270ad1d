/** One of the queries that a feed is made of. */
export interface Source {
  readonly name: string;
  /** Milliseconds that it takes beyond what PostgreSQL needs: a service behind it, made by pg_sleep. */
  readonly delay: number;
}

const FAST = { mentions: 0, messages: 0, tasks: 5, invitations: 10, alerts: 20 };
const MEDIUM = { comments: 80, reviews: 100, files: 120, meetings: 150, releases: 180 };
const SLOW = { builds: 350, incidents: 420, usage: 500, reports: 550, recommended: 600 };

/** All of a feed, what is fast first. */
export const SOURCES: readonly Source[] = Object.entries({ ...FAST, ...MEDIUM, ...SLOW }).map(
  ([name, delay]) => ({ name, delay }),
);

/**
 * A source's newest items for a person: one statement, with the names of who wrote them in it.
 * Parameters: person, source, most, seconds of delay.
 */
export const QUERY = `
  with waited as materialized (select pg_sleep($4))
  select item.id, item.at, item.title, author.name as author
  from waited, feed_item item join feed_person author on author.id = item.author
  where item.person = $1 and item.source = $2
  order by item.at desc, item.id desc
  limit $3`;
