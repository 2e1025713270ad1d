import { Pool } from "pg";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { realDatabase } from "../../../tests/real/postgres.js";
import { postgresStore } from "./postgres-store.js";
import { grown, saveOf, whole } from "./testing/saves.js";

const database = await realDatabase("what saving costs in PostgreSQL, and what it does to others");
const MB = 1_048_576;

describe.skipIf(database === undefined)("saving", () => {
  const url = database?.url ?? "";
  const pool = new Pool({ connectionString: url });
  const schema = `saving_${process.pid}`;
  const store = postgresStore(url, { schema, timeout: 60_000 });

  beforeAll(() => store.migrate());

  afterAll(async () => {
    await store.close();
    await pool.query(`drop schema if exists ${schema} cascade`);
    await pool.end();
    await database?.close();
  });

  const wal = async (): Promise<number> => {
    const { rows } = await pool.query(`select pg_current_wal_insert_lsn() - '0/0' as bytes`);
    return Number(rows[0]?.bytes);
  };

  it("L36: writes a token's worth for a token of 17 MB", async () => {
    const long = "All work and no play. ".repeat((17 * MB) / 22);
    const note = "x".repeat(MB); // a value that stays is not written again either
    const rest = { attributes: { note } };
    await store.save([saveOf("large", 1, [whole("m", 1, long)], rest)]);
    await pool.query("checkpoint");
    await store.save([saveOf("large", 2, [grown("m", 1, long.length, " token")], rest)]); // whole pages
    const before = await wal();
    for (let seq = 3; seq < 53; seq++) {
      await store.save([saveOf("large", seq, [grown("m", seq - 1, long.length, " token")], rest)]);
    }
    const bytes = ((await wal()) - before) / 50;
    expect(bytes).toBeGreaterThan(100);
    expect(bytes).toBeLessThan(2000);
    expect((await store.load("large"))?.messages[0]?.patches).toHaveLength(51);
  });

  it("L37: holds a channel that is too long for one call, wholly or not at all", async () => {
    const text = "y".repeat(5 * MB);
    const messages = ["a", "b", "c"].map((id, order) => whole(id, order, text));
    await store.save([saveOf("many", 2, [whole("a", 0, "first"), whole("z", 9, "last")])]);
    const conflict = [...messages, grown("z", 1, 0, "never")];
    expect(await store.save([saveOf("many", 3, conflict)])).toEqual(["conflict"]);
    expect((await store.load("many"))?.messages.map(({ message }) => message.id)).toEqual([
      "a",
      "z",
    ]);
    expect(await store.save([saveOf("many", 3, messages, { removed: ["z"] })])).toEqual(["saved"]);
    const held = await store.load("many");
    expect(held?.messages.map(({ message }) => message.id)).toEqual(["a", "b", "c"]);
  });

  it("lets two servers save the same channels in any order, and neither waits for ever", async () => {
    const names = Array.from({ length: 20 }, (_, place) => `shared-${place}`);
    await store.save(names.map((name) => saveOf(name, 1, [whole("m", 1, "")])));
    const other = postgresStore(url, { schema, timeout: 60_000 });
    const written = new Map<string, number>();
    const write = async (by: typeof store, turn: number): Promise<void> => {
      for (let i = 0; i < 25; i++) {
        const turned = [...names.slice((turn + i) % 20), ...names.slice(0, (turn + i) % 20)];
        const order = turn % 2 === 0 ? turned : turned.reverse();
        const heads = await Promise.all(order.map((name) => by.load(name)));
        const saves = order.map((name, place) => {
          const seq = heads[place]!.seq;
          return saveOf(name, seq + 1 + turn, [grown("m", seq, seq, "x")]);
        });
        const answers = await by.save(saves);
        for (const [place, answer] of answers.entries()) {
          const name = order[place]!;
          if (answer === "saved") written.set(name, (written.get(name) ?? 0) + 1);
        }
      }
    };
    const fresh = ["new-1", "new-2", "new-3"];
    const first = (by: typeof store, order: readonly string[]) =>
      by.save(order.map((name) => saveOf(name, 1, [whole("m", 1, "")])));
    await Promise.all([
      ...[0, 1, 2].map((turn) => write(turn === 1 ? other : store, turn)),
      first(store, fresh),
      first(other, [...fresh].reverse()),
    ]);
    for (const name of names) {
      const held = await store.load(name);
      // Each goes on from the one before it, and says so by its offset.
      const patches = held!.messages[0]!.patches;
      const since = patches.map(
        ({ changes }) => JSON.stringify(changes).match(/offset":(\d+)/)?.[1],
      );
      const before = [1, ...patches.map(({ seq }) => seq)];
      expect(since.map(Number)).toEqual(before.slice(0, -1));
      expect(held?.seq).toBe(before.at(-1));
      expect(written.get(name)).toBeGreaterThanOrEqual(patches.length);
    }
    const { rows } = await pool.query(
      "select deadlocks from pg_stat_database where datname = current_database()",
    );
    expect(Number(rows[0]?.deadlocks)).toBe(0);
    await other.close();
  });

  it("saves the others where PostgreSQL refuses what one channel holds", async () => {
    const bad = saveOf("bad", 1, [whole("\ud800", 1, "half a pair: the protocol lets none pass")]);
    const good = saveOf("good", 1, [whole("m", 1, "text")]);
    await expect(store.save([bad, good])).rejects.toThrow("json");
    expect(await store.load("good")).toBeDefined();
    expect(await store.load("bad")).toBeUndefined();
  });

  it("L38: has an application's rows exactly when it has the messages", async () => {
    await pool.query(`create table ${schema}.seen (channel text, seq bigint)`);
    const given: string[] = [];
    let isBroken = true;
    const hooked = postgresStore(pool, {
      schema,
      async onSave(client, saves) {
        for (const { channel, seq } of saves) {
          given.push(channel);
          await client.query(`insert into ${schema}.seen values ($1, $2)`, [channel, seq]);
        }
        if (isBroken) throw new Error("the application's own");
      },
    });
    const later = saveOf("hook-old", 9, [whole("m", 1, "text")]);
    await store.save([later]);
    const saves = [saveOf("hook-old", 1, []), saveOf("hook", 1, [whole("m", 1, "text")])];
    const seen = async () => (await pool.query(`select channel from ${schema}.seen`)).rows;

    await expect(hooked.save(saves)).rejects.toThrow("the application's own");
    expect(await seen()).toEqual([]);
    expect(await store.load("hook")).toBeUndefined();

    isBroken = false;
    expect(await hooked.save(saves)).toEqual(["conflict", "saved"]);
    expect(await seen()).toEqual([{ channel: "hook" }]);
    expect(given).toEqual(["hook", "hook"]); // never what was not saved
    expect(await hooked.save([saveOf("hook-old", 1, [])])).toEqual(["conflict"]);
    expect(await seen()).toHaveLength(1);
    await hooked.close();
    expect((await pool.query("select 1 as one")).rows).toEqual([{ one: 1 }]); // it is the application's
  });

  it("takes one statement for a save, however many channels", async () => {
    const { rowCount } = await pool.query(
      "select from pg_available_extensions where name = 'pg_stat_statements'",
    );
    const { rows } = await pool.query("show shared_preload_libraries");
    if (!rowCount || !String(rows[0]?.shared_preload_libraries).includes("pg_stat_statements"))
      return;
    await pool.query("create extension if not exists pg_stat_statements");
    await pool.query("select pg_stat_statements_reset()");
    const names = Array.from({ length: 100 }, (_, place) => `counted-${place}`);
    await store.save(names.map((name) => saveOf(name, 1, [whole("m", 1, "")])));
    await store.save(names.map((name) => saveOf(name, 2, [grown("m", 1, 0, "x")])));
    await store.load("counted-1");
    const counted = await pool.query(
      "select query, calls::int from pg_stat_statements where query like $1 order by calls",
      [`%"${schema}".%`],
    );
    expect(counted.rows.map(({ calls }) => calls)).toEqual([1, 2]);
  });
});
