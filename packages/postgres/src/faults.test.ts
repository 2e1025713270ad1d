import { Pool } from "pg";
import { afterAll, afterEach, describe, expect, it } from "vitest";
import { realPostgres } from "../../../tests/real/postgres.js";
import { postgresStore } from "./postgres-store.js";
import { grown, saveOf, whole } from "./testing/saves.js";

const server = await realPostgres("what becomes of a store when PostgreSQL fails");

/** Until something is so, on a machine that may be busy. */
async function soon(isSo: () => Promise<boolean>): Promise<void> {
  for (let i = 0; i < 200; i++) {
    if (await isSo()) return;
    await new Promise((again) => setTimeout(again, 50));
  }
  throw new Error("it never was so");
}

describe.skipIf(server === undefined)("postgresStore, when PostgreSQL fails", () => {
  const url = server?.url ?? "";
  const stray: unknown[] = [];
  const note = (error: unknown): void => void stray.push(error);
  process.on("uncaughtException", note);
  process.on("unhandledRejection", note);

  afterEach(() => {
    expect(stray.splice(0)).toEqual([]);
  });

  afterAll(async () => {
    process.off("uncaughtException", note);
    process.off("unhandledRejection", note);
    await server?.close();
  });

  it.each(["stop", "kill"] as const)("rejects after a %s, and goes on by itself", async (fault) => {
    const schema = `fault_${fault}`;
    // An application's pool, on which nobody listens for errors, and one of our own.
    const pool = new Pool({ connectionString: url });
    const stores = [postgresStore(url, { schema }), postgresStore(pool, { schema })];
    const [own, given] = stores as [(typeof stores)[0], (typeof stores)[0]];
    await own.save([saveOf("c", 1, [whole("m", 1, "a")])]);
    await given.save([saveOf("c", 2, [grown("m", 1, 1, "b")])]);
    await Promise.all(Array.from({ length: 8 }, () => own.load("c"))); // connections that are idle
    const during = stores.map((store) =>
      Promise.all([1, 2, 3].map((n) => store.save([saveOf(`${fault}${n}`, 1, [])]))).catch(
        (error: unknown) => error,
      ),
    );
    await server?.[fault]();
    await Promise.all(during);
    for (const store of stores) {
      await expect(store.load("c")).rejects.toMatchObject({
        code: "connection_lost",
        message: expect.stringContaining("PostgreSQL cannot be reached"),
      });
    }
    await server?.start();
    await soon(() => own.load("c").then(Boolean, () => false));
    // What was told to be saved is there, and what may be is saved again.
    expect((await given.load("c"))?.messages[0]?.patches).toHaveLength(1);
    expect(await given.save([saveOf("c", 2, [grown("m", 1, 1, "b")])])).toEqual(["saved"]);
    expect((await own.load("c"))?.messages[0]?.patches).toHaveLength(1);
    await Promise.all(stores.map((store) => store.close()));
    await pool.end();
  });

  it("rejects in time where nothing answers, and goes on by itself", async () => {
    const store = postgresStore(url, { schema: "frozen", timeout: 500 });
    const fresh = postgresStore(url, { schema: "frozen", timeout: 500 });
    await store.save([saveOf("c", 1, [])]);
    await server?.freeze(true);
    const start = performance.now();
    const calls = [store.load("c"), store.save([saveOf("c", 2, [])]), fresh.load("c")];
    for (const answer of await Promise.allSettled(calls)) {
      expect(answer).toMatchObject({ status: "rejected", reason: { name: "DeltawireError" } });
    }
    expect(performance.now() - start).toBeLessThan(5000);
    await server?.freeze(false);
    await soon(() => fresh.save([saveOf("c", 2, [])]).then(Boolean, () => false));
    expect((await store.load("c"))?.seq).toBe(2);
    await store.close();
    await fresh.close();
  });

  it("rejects in time where an application keeps all connections, or a lock", async () => {
    const pool = new Pool({ connectionString: url, max: 1 });
    const busy = postgresStore(pool, { schema: "busy", timeout: 300 });
    await busy.save([saveOf("c", 1, [])]);
    const client = await pool.connect();
    await expect(busy.load("c")).rejects.toMatchObject({ code: "timeout" });
    await client.query("begin");
    await client.query("select from busy.channels for update");
    const store = postgresStore(url, { schema: "busy", timeout: 300 });
    await expect(store.save([saveOf("c", 2, [])])).rejects.toMatchObject({ code: "timeout" });
    await client.query("rollback");
    client.release();
    expect(await busy.save([saveOf("c", 2, [])])).toEqual(["saved"]);
    await store.close();
    await pool.end();
  });

  it("does not wait for an application's hook for ever", async () => {
    let isStuck = true;
    const store = postgresStore(url, {
      schema: "stuck",
      timeout: 500,
      onSave: () => (isStuck ? new Promise(() => {}) : undefined),
    });
    await expect(store.save([saveOf("c", 1, [])])).rejects.toMatchObject({ code: "timeout" });
    isStuck = false;
    await soon(() => store.save([saveOf("c", 1, [])]).then(Boolean, () => false));
    await store.close();
    await store.close(); // twice is once
  });

  it("rejects where PostgreSQL ends while an application's hook works", async () => {
    let [begun, goOn] = [() => {}, () => {}];
    const isBegun = new Promise<void>((resolve) => {
      begun = resolve;
    });
    const store = postgresStore(url, {
      schema: "hooked",
      onSave: () =>
        new Promise<void>((resolve) => {
          goOn = resolve;
          begun();
        }),
    });
    const save = store.save([saveOf("c", 1, [])]);
    await isBegun;
    await server?.kill();
    goOn();
    await expect(save).rejects.toMatchObject({ code: "connection_lost" });
    await server?.start();
    await soon(() =>
      store.load("c").then(
        () => true,
        () => false,
      ),
    );
    expect(await store.load("c")).toBeUndefined();
    await store.close();
  });

  it("has PostgreSQL's own answer as the cause, where there is one", async () => {
    const asked = new URL(url);
    asked.pathname = "/nowhere";
    const store = postgresStore(asked.href);
    await expect(store.load("c")).rejects.toMatchObject({
      code: "connection_lost",
      cause: { code: "3D000" },
    });
    await store.close();
  });

  it("tries again where PostgreSQL asks for that", async () => {
    const pool = new Pool({
      connectionString: url,
      options: "-c default_transaction_isolation=serializable",
    });
    const stores = [0, 1, 2].map(() => postgresStore(pool, { schema: "serial" }));
    await stores[0]?.migrate();
    const names = Array.from({ length: 10 }, (_, place) => `c${place}`);
    for (let seq = 1; seq < 10; seq++) {
      const saves = names.map((name) => saveOf(name, seq, [whole("m", 1, `${seq}`)]));
      const answers = await Promise.all(stores.map((store) => store.save(saves)));
      expect(answers.flat()).toEqual(Array(30).fill("saved"));
    }
    await pool.end();
  });
});
