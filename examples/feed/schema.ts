import type { Pool } from "pg";
import { SOURCES } from "./queries.js";

/** People who have a feed. Of BEN's one source is so slow that it fails. */
const ANN = "ann";
export const BEN = "ben";

/** Items of each source that a person has. */
const EACH = 40;

/** Makes the tables, and fills them where they are empty. */
export async function prepare(pool: Pool): Promise<void> {
  await pool.query(`
    create table if not exists feed_person (id text primary key, name text not null);
    create table if not exists feed_item (
      id bigint primary key generated always as identity,
      person text not null references feed_person,
      source text not null,
      author text not null references feed_person,
      at timestamptz not null,
      title text not null
    );
    create index if not exists feed_item_newest on feed_item (person, source, at desc, id desc)`);
  const { rowCount } = await pool.query("select 1 from feed_item limit 1");
  if (rowCount) return;
  await pool.query(
    `insert into feed_person values ($1, 'Ann'), ($2, 'Ben'), ('cara', 'Cara'), ('dev', 'Dev')
     on conflict do nothing`,
    [ANN, BEN],
  );
  await pool.query(
    `insert into feed_item (person, source, author, at, title)
     select person, source, (array['ann', 'ben', 'cara', 'dev'])[1 + (n + length(source)) % 4],
       timestamptz '2026-01-05 08:00Z' - make_interval(mins => n * 37 + (length(source) * 11) % 37),
       initcap(source) || ' ' || ($4::int - n + 1)
     from unnest(array[$1, $2]) person, unnest($3::text[]) source, generate_series(1, $4) n`,
    [ANN, BEN, SOURCES.map(({ name }) => name), EACH],
  );
}
