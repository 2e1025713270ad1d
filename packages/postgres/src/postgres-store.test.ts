import { storeContract } from "@deltawire/server/testing";
import { Pool } from "pg";
import { afterAll, describe, it } from "vitest";
import { realDatabase } from "../../../tests/real/postgres.js";
import { postgresStore } from "./postgres-store.js";

const database = await realDatabase("the contract of a store in PostgreSQL");

describe.skipIf(database === undefined)("postgresStore", () => {
  const url = database?.url ?? "";
  const pool = new Pool({ connectionString: url });
  let count = 0;

  afterAll(async () => {
    await pool.end();
    await database?.close();
  });

  storeContract({
    test: it,
    make: async () => {
      const schema = `contract_${process.pid}_${count++}`;
      const opened = [postgresStore(url, { schema })];
      return {
        store: opened[0]!,
        async reopen() {
          await opened.at(-1)?.close();
          const store = postgresStore(pool, { schema });
          opened.push(store);
          return store;
        },
        async close() {
          await Promise.all(opened.map((store) => store.close()));
          await pool.query(`drop schema if exists ${schema} cascade`);
        },
      };
    },
  });
});
