import { Pool } from "pg";
import { type PostgresServer, realPostgres } from "../../tests/real/postgres.js";

/** What PostgreSQL has counted. */
export interface Count {
  /** Statements, by their text; parameters are not in it. */
  readonly statements: ReadonlyMap<string, number>;
  /** Bytes of its write-ahead log. */
  readonly written: number;
  /** Milliseconds in which it was busy with those statements. */
  readonly busy: number;
}

/** A PostgreSQL server that nobody else uses, and that counts. */
export class CountingDatabase {
  readonly url: string;
  readonly #pool: Pool;

  private constructor(server: Pick<PostgresServer, "url">) {
    this.url = server.url;
    this.#pool = new Pool({ connectionString: server.url, max: 1 });
  }

  /** Does something with one; undefined where there is none, which is said. */
  static async with<Result>(
    work: (database: CountingDatabase) => Promise<Result>,
  ): Promise<Result | undefined> {
    const server = await realPostgres("database work, measured", {
      // As it comes, but that nothing is written in between which nobody has asked for.
      settings: { autovacuum: "off", checkpoint_timeout: "1h", max_wal_size: "4GB" },
    });
    if (!server) return undefined;
    const database = new CountingDatabase(server);
    try {
      await database.query("create extension pg_stat_statements");
      return await work(database);
    } finally {
      await database.#pool.end();
      await server.close();
    }
  }

  async query(text: string): Promise<readonly Record<string, unknown>[]> {
    return (await this.#pool.query<Record<string, unknown>>(text)).rows;
  }

  /** What PostgreSQL does for something. */
  async count(work: () => Promise<void>): Promise<Count> {
    await this.query("select pg_stat_statements_reset()");
    const before = await this.#written();
    await work();
    const written = (await this.#written()) - before;
    const rows = await this.query(
      `select query, calls::float8 as calls, total_exec_time as busy from pg_stat_statements
      where query not like '%pg_%'`,
    );
    return {
      statements: new Map(rows.map(({ query, calls }) => [String(query), Number(calls)])),
      written,
      busy: rows.reduce((sum, { busy }) => sum + Number(busy), 0),
    };
  }

  async #written(): Promise<number> {
    const [row] = await this.query("select (pg_current_wal_insert_lsn() - '0/0')::float8 as bytes");
    return Number(row?.bytes);
  }
}
