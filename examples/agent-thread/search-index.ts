import type { Pool } from "pg";

const TABLES = `
create table if not exists entry_search (
  thread text, entry text, generation int not null, key text not null, body text not null,
  words tsvector generated always as (to_tsvector('simple', body)) stored,
  primary key (thread, entry));
create index if not exists entry_search_words on entry_search using gin (words);`;

/** UTF-16 units of an entry that are searched: PostgreSQL bounds what it makes of a text. */
const MAX_BODY = 100_000;

/** An entry that was found. */
export interface Hit {
  readonly thread: string;
  readonly entry: string;
  readonly text: string;
}

/** The end of an entry; `key` is the same for every call about it. */
interface Ended {
  readonly message: { readonly id: string; readonly generation: number; readonly text: string };
  readonly key: string;
}

/** The expensive work: a full-text index over entries that have ended. */
export class SearchIndex {
  readonly #pool: Pool;
  /** Entries that were indexed. */
  indexed = 0;
  /** Calls about what was in it already. */
  repeated = 0;

  constructor(pool: Pool) {
    this.#pool = pool;
  }

  async migrate(): Promise<void> {
    await this.#pool.query(TABLES);
  }

  /**
   * Takes an entry in. Listeners are called at least once: what is there under the same key, or of a
   * later generation (a correction came since), stays.
   */
  async add(thread: string, { message, key }: Ended): Promise<void> {
    const body = message.text.slice(0, MAX_BODY).replaceAll("\u0000", "\u2400");
    const { rowCount } = await this.#pool.query(
      `insert into entry_search (thread, entry, generation, key, body) values ($1, $2, $3, $4, $5)
      on conflict (thread, entry) do update
        set generation = excluded.generation, key = excluded.key, body = excluded.body
        where entry_search.generation < excluded.generation`,
      [thread, message.id, message.generation, key, body],
    );
    if (rowCount === 0) this.repeated += 1;
    else this.indexed += 1;
  }

  /** Entries with all of the words, the best ones first. */
  async find(words: string): Promise<readonly Hit[]> {
    const { rows } = await this.#pool.query<Hit>(
      `select thread, entry, left(body, 300) as text
      from entry_search, websearch_to_tsquery('simple', $1) asked
      where words @@ asked order by ts_rank(words, asked) desc, thread, entry limit 20`,
      [words.replaceAll("\u0000", "")],
    );
    return rows;
  }
}
