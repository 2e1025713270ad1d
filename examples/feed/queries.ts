/** How long a source takes to answer; what comes first stands first on the page. */
type Group = "fast" | "medium" | "slow";

/** One of the queries that a feed is made of. */
export interface Source {
  readonly name: string;
  readonly label: string;
  readonly group: Group;
  /** Milliseconds that it takes beyond what PostgreSQL needs: a service behind it, made by pg_sleep. */
  readonly delay: number;
}

const source = (name: string, label: string, group: Group, delay: number): Source => ({
  name,
  label,
  group,
  delay,
});

/** All of a feed, what is fast first. */
export const SOURCES: readonly Source[] = [
  source("mentions", "Mentions", "fast", 0),
  source("messages", "Messages", "fast", 0),
  source("tasks", "Tasks", "fast", 5),
  source("invitations", "Invitations", "fast", 10),
  source("alerts", "Alerts", "fast", 20),
  source("comments", "Comments", "medium", 80),
  source("reviews", "Reviews", "medium", 100),
  source("files", "Files", "medium", 120),
  source("meetings", "Meetings", "medium", 150),
  source("releases", "Releases", "medium", 180),
  source("builds", "Builds", "slow", 350),
  source("incidents", "Incidents", "slow", 420),
  source("usage", "Usage", "slow", 500),
  source("reports", "Reports", "slow", 550),
  source("recommended", "Recommended", "slow", 600),
];

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
