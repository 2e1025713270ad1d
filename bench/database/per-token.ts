import { Pool } from "pg";
import type { CountingDatabase } from "./counted.js";
import type { Token, Way } from "./way.js";

const TABLES = `
create table if not exists threads (id text primary key, title text);
create table if not exists turns (id text primary key, thread text not null, text text not null, status text not null);
create table if not exists statuses (thread text primary key, status text not null, at timestamptz not null)`;

/**
 * The usual way: for each token, or once a window of the same length as ours, the thread and the
 * message are read, the message is written with its whole text, and so is a line that says that
 * something is going on. Nothing in it depends on the clock: it is run as fast as it goes.
 *
 * @param window milliseconds; 0 for each token
 */
export async function perToken(
  database: CountingDatabase,
  tokens: readonly Token[],
  window: number,
): Promise<Way> {
  await database.query(TABLES);
  const pool = new Pool({ connectionString: database.url, max: 1 });
  const id = `${process.hrtime.bigint()}`;
  await pool.query("insert into threads values ($1, 'A title')", [id]);
  await pool.query("insert into turns values ($1, $1, '', 'streaming')", [id]);
  let text = "";
  const save = async (status: string): Promise<void> => {
    await pool.query("select * from threads where id = $1", [id]);
    await pool.query("select * from turns where id = $1", [id]);
    await pool.query("update turns set text = $2, status = $3 where id = $1", [id, text, status]);
    await pool.query(
      `insert into statuses values ($1, $2, now())
      on conflict (thread) do update set status = excluded.status, at = excluded.at`,
      [id, status],
    );
  };
  return {
    turns: 1,
    async write() {
      let saved = 0;
      for (const [i, token] of tokens.entries()) {
        text += token.text;
        const isLast = i === tokens.length - 1;
        if (!isLast && token.at < saved + window) continue;
        saved = token.at;
        await save("streaming");
      }
    },
    complete: () => save("completed"),
    isWrite: (statement) => /^(insert|update)/.test(statement),
    async stored() {
      const rows = await database.query(`select text from turns where id = '${id}'`);
      return rows.map((row) => String(row.text));
    },
    close: () => pool.end(),
  };
}
