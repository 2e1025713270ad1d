import { Pool } from "pg";
import { afterAll, afterEach, describe, expect, it } from "vitest";
import { realDatabase } from "../../../tests/real/postgres.js";
import { migrate } from "./migrations.js";
import { postgresStore } from "./postgres-store.js";
import { saveOf, whole } from "./testing/saves.js";

const database = await realDatabase("the making of tables in PostgreSQL");

describe.skipIf(database === undefined)("migrate", () => {
  const url = database?.url ?? "";
  const pool = new Pool({ connectionString: url, max: 12 });
  const schema = `migrate_${process.pid} "odd`;
  const quoted = `"${schema.replaceAll('"', '""')}"`;
  const role = `deltawire_plain_${process.pid}`;

  afterEach(async () => {
    await pool.query(`drop schema if exists ${quoted} cascade`);
  });

  afterAll(async () => {
    await pool.end();
    await database?.close();
  });

  const versions = async (): Promise<readonly number[]> => {
    const { rows } = await pool.query(`select version from ${quoted}.migrations order by version`);
    return rows.map(({ version }) => version);
  };

  it("makes the tables once, however many servers start at a time", async () => {
    const stores = Array.from({ length: 10 }, () => postgresStore(url, { schema }));
    const loaded = await Promise.all(stores.map((store) => store.load("nothing")));
    expect(loaded).toEqual(Array(10).fill(undefined));
    expect(await versions()).toEqual([1]);
    await Promise.all(stores.map((store) => store.close()));
  });

  it("does nothing the second time", async () => {
    const store = postgresStore(pool, { schema });
    await store.migrate();
    await store.save([saveOf("c", 1, [whole("m", 1, "text")])]);
    const again = postgresStore(pool, { schema });
    await again.migrate();
    await again.migrate();
    expect((await again.load("c"))?.messages).toHaveLength(1);
    expect(await versions()).toEqual([1]);
  });

  it("does only the steps that are missing, and all of one or nothing", async () => {
    const client = await pool.connect();
    const steps = [
      { name: "one", sql: "create table {schema}.one (it int)" },
      {
        name: "two",
        sql: "alter table {schema}.one add more int; insert into {schema}.one values (1, 2)",
      },
    ];
    try {
      await migrate(client, quoted, steps.slice(0, 1));
      const broken = { name: "broken", sql: "create table {schema}.three (it int); select 1 / 0" };
      await expect(migrate(client, quoted, [...steps, broken])).rejects.toThrow("division by zero");
      expect(await versions()).toEqual([1]);
      await migrate(client, quoted, steps);
      expect(await versions()).toEqual([1, 2]);
    } finally {
      client.release();
    }
  });

  it("refuses tables that are newer than this code, and says what to do", async () => {
    await postgresStore(pool, { schema }).migrate();
    await pool.query(`insert into ${quoted}.migrations (version, name) values (1000, 'later')`);
    const store = postgresStore(pool, { schema });
    await expect(store.load("c")).rejects.toMatchObject({
      code: "unsupported_version",
      message: expect.stringContaining("of version 1000"),
    });
    await expect(store.migrate()).rejects.toMatchObject({ code: "unsupported_version" });
    await pool.query(`delete from ${quoted}.migrations where version = 1000`);
    expect(await store.load("c")).toBeUndefined(); // it is asked again
  });

  it("needs no right to create anything where it was done", async () => {
    await pool.query(`create role ${role} login`);
    const asked = new URL(url);
    asked.username = role;
    const store = postgresStore(asked.href, { schema });
    try {
      await expect(store.load("c")).rejects.toMatchObject({
        code: "forbidden",
        message: expect.stringContaining("grant"),
      });
      await postgresStore(pool, { schema }).migrate();
      await expect(store.load("c")).rejects.toMatchObject({ code: "forbidden" });
      await pool.query(`grant usage on schema ${quoted} to ${role};
        grant select on ${quoted}.migrations to ${role};
        grant select, insert, update, delete on
          ${quoted}.channels, ${quoted}.messages, ${quoted}.patches to ${role}`);
      expect(await store.save([saveOf("c", 1, [whole("m", 1, "text")])])).toEqual(["saved"]);
      expect(await store.page("c", { before: 2, limit: 1 })).toHaveLength(1);
      await store.delete("c");
    } finally {
      await store.close();
      await pool.query(`drop owned by ${role} cascade; drop role ${role}`);
    }
  });
});
