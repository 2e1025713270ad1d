import { afterAll, describe, expect, test } from "vitest";
import type { Parts } from "./faults/deployment.js";
import type { FaultKind } from "./faults/fault.js";
import { lineOf } from "./faults/line.js";
import { Runs } from "./faults/run.js";
import { realPostgres } from "./real/postgres.js";
import { redisPart } from "./real/redis.js";

// Processes that die under two servers, writers and readers; `npm run faults` does more of it.

const WHAT = "two servers on Redis and PostgreSQL, parts of which are killed";
const redis = await redisPart(WHAT);
const postgres = redis && (await realPostgres(WHAT));
const parts: Parts | undefined = redis && postgres && { redis, postgres };

const FULL = { producers: 50, consumers: 500, channels: 25 };
const SMALL = { producers: 12, consumers: 60, channels: 6 };

afterAll(() => postgres?.close());

describe.skipIf(parts === undefined)("everybody ends up with what was written, once", () => {
  async function run(kind: FaultKind, seeds: readonly number[], size = SMALL): Promise<void> {
    if (!parts) return;
    const runs = new Runs(parts, kind, size);
    try {
      for (const seed of seeds) {
        const result = await runs.run(seed);
        const line = lineOf(kind, result);
        console.log(line);
        expect(result.problems, line).toEqual([]);
      }
    } finally {
      await runs.stop();
    }
  }

  test("L39: one of two servers is killed, at ten points of its work", {
    timeout: 600_000,
  }, async () => {
    await run("server", [1, 2, 3, 4, 5, 6, 7, 8, 9, 10], FULL);
  });

  test.each([
    ["Redis is killed, and comes back with its append-only file", "redis"],
    ["a master of Redis is killed, and sentinels name another one", "sentinel"],
    ["a master of a cluster of Redis is killed", "cluster"],
  ] as const)("%s", { timeout: 300_000 }, (_, kind) => run(kind, [1]));
});
