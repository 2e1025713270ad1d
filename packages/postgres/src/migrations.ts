import { DeltawireError } from "@deltawire/server";
import type { PoolClient } from "pg";
import { inTransaction, isAnswer } from "./connection.js";
import { MIGRATIONS, type Migration } from "./schema.js";

/** There is no such table, or no such schema: nothing was ever done here. */
const NOT_THERE: readonly string[] = ["42P01", "3F000"];
const NO_RIGHT = "42501";

/**
 * Brings the tables up to date, once however many servers do it at a time. Where they are, it is one
 * read, which needs no right to create anything.
 *
 * @param schema quoted
 * @throws DeltawireError `unsupported_version` where the tables are newer than this code;
 *   `forbidden` where this role may not do it
 */
export async function migrate(
  client: PoolClient,
  schema: string,
  steps: readonly Migration[] = MIGRATIONS,
): Promise<void> {
  try {
    if ((await versionOf(client, schema)) === steps.length) return;
    await inTransaction(client, () => bring(client, schema, steps));
  } catch (error) {
    if (!isAnswer(error) || error.code !== NO_RIGHT) throw error;
    throw new DeltawireError(
      "forbidden",
      `the tables of Deltawire in the schema ${schema} cannot be made, or read, by this role (${error.message}): run the migration as one that may, and grant this one what README.md of @deltawire/postgres lists`,
    );
  }

  async function versionOf(asking: PoolClient, where: string): Promise<number> {
    try {
      const { rows } = await asking.query<{ version: number }>(
        `select coalesce(max(version), 0)::int as version from ${where}.migrations`,
      );
      return checked(rows[0]?.version ?? 0, where, steps);
    } catch (error) {
      if (isAnswer(error) && NOT_THERE.includes(error.code)) return 0;
      throw error;
    }
  }
}

async function bring(
  client: PoolClient,
  schema: string,
  steps: readonly Migration[],
): Promise<void> {
  // A step may take long, and who comes second waits for it: no statement's bound holds here.
  await client.query("set local statement_timeout = 0");
  await client.query("select pg_advisory_xact_lock(hashtextextended($1, 0))", [
    `deltawire ${schema}`,
  ]);
  await client.query(`do $do$ begin
    if current_setting('server_encoding') <> 'UTF8' then
      raise exception 'Deltawire needs a database whose encoding is UTF8, not %', current_setting('server_encoding');
    end if;
    if to_regnamespace('${schema.replaceAll("'", "''")}') is null then create schema ${schema}; end if;
    create table if not exists ${schema}.migrations (
      version int primary key, name text not null, done_at timestamptz not null default now());
  end $do$`);
  const { rows } = await client.query<{ version: number }>(
    `select coalesce(max(version), 0)::int as version from ${schema}.migrations`,
  );
  const version = checked(rows[0]?.version ?? 0, schema, steps);
  for (const [done, { name, sql }] of [...steps.entries()].slice(version)) {
    await client.query(sql.replaceAll("{schema}", () => schema));
    await client.query(`insert into ${schema}.migrations (version, name) values ($1, $2)`, [
      done + 1,
      name,
    ]);
  }
}

function checked(version: number, schema: string, steps: readonly Migration[]): number {
  if (version <= steps.length) return version;
  throw new DeltawireError(
    "unsupported_version",
    `the tables in the schema ${schema} are of version ${version}, and this version of @deltawire/postgres knows ${steps.length}: install the newer one that made them`,
  );
}
