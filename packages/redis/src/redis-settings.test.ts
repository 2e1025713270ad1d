import process from "node:process";
import type { LogNews } from "@deltawire/server";
import { Redis } from "ioredis";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { type RealRedis, redisPart, startRedis, until } from "../../../tests/real/redis.js";
import { type RedisLogOptions, type RedisPlace, redisLog } from "./index.js";
import { recordAfter, textOf, Writer } from "./testing/chain.js";
import { type RedisSubject, subjectAt } from "./testing/subject.js";

const part = await redisPart("packages/redis, its options and its connections");

describe.skipIf(part === undefined)("options and connections", () => {
  let redis: RealRedis;
  let admin: Redis;
  let subject: RedisSubject | undefined;

  beforeAll(async () => {
    if (part) redis = await startRedis(part);
    admin = new Redis(redis.url, { connectionName: "test" });
  });
  afterEach(async () => {
    await subject?.close();
    subject = undefined;
  });
  afterAll(async () => {
    admin.disconnect();
    await redis.stop();
  });

  const make = async (place: RedisPlace = redis.url, options: RedisLogOptions = {}) => {
    subject = await subjectAt(place, options);
    return subject;
  };

  test("a thousand followed channels take two connections", async () => {
    const { log } = await make();
    const heard = new Set<string>();
    const names = Array.from({ length: 1000 }, (_, i) => `channel ${i}`);
    for (const name of names) {
      log.follow(name, ({ type }) => {
        if (type === "record") heard.add(name);
      });
    }
    const last = names.at(-1) ?? "";
    await until("news come", async () => {
      await log.delete(last);
      await new Writer(log, last).append("1");
      return heard.has(last);
    });
    await Promise.all(names.slice(0, -1).map((name) => new Writer(log, name).append("1")));
    await until("all have heard", () => heard.size === names.length);
    const clients = `${await admin.client("LIST")}`.split("\n").filter((line) => line !== "");
    const ours = clients.map((line) => /name=(\S*)/.exec(line)?.[1]).filter(Boolean);
    expect(ours.sort()).toEqual(["deltawire", "deltawire-news", "test"].sort());
  });

  test("a large record is not sent along: who follows is told to read", async () => {
    const { log } = await make();
    const news: LogNews[] = [];
    log.follow("c", (one) => news.push(one));
    await until("it is followed", () => news.length > 0);
    news.length = 0;
    await new Writer(log, "c").append("x".repeat(40_000));
    await until("there are news", () => news.length > 0);
    expect(news).toEqual([{ type: "doubt" }]);
  });

  test("a channel that nobody uses expires; one that is followed does not", async () => {
    const { log, prefix } = await make(redis.url, { expire: 3000 });
    await Promise.all(["left", "followed"].map((name) => new Writer(log, name).append("1")));
    log.follow("followed", () => undefined);
    await until("it is gone", async () => (await admin.keys(`${prefix}{c:left}*`)).length === 0);
    await new Promise((later) => setTimeout(later, 4800));
    expect((await log.read("followed")).records.map(textOf)).toEqual(["1"]);
    expect(await log.read("left")).toEqual({ continues: false, records: [] });
  });

  test("replicas that are asked for must have a record; else its append rejects", async () => {
    if (!part) return;
    const { log, another } = await make(redis.url, { timeout: 500 });
    const strict = await another({ replicas: 1 });
    const writer = new Writer(log, "c");
    await writer.append("1");
    const record = recordAfter(writer.end, "2");
    await expect(strict.append("c", writer.end, record, false)).rejects.toThrow(/0 of 1 replicas/);
    // It stands, and that is found by its tag.
    const answer = await log.append("c", writer.end, record, false);
    expect(answer).toMatchObject({ contents: { continues: true, records: [record] } });
    const args = ["--replicaof", `127.0.0.1 ${redis.port}`];
    const replica = await startRedis(part, { args });
    try {
      await until("it replicates", async () =>
        /master_link_status:up/.test(await replica.cli("info", "replication")),
      );
      const all = Array.from({ length: 50 }, (_, i) => new Writer(strict, `${i}`));
      await Promise.all(all.map((one) => one.append("1")));
      expect(all.map(({ failures }) => failures)).toEqual(all.map(() => 0));
      expect(await replica.cli("xlen", `${subject?.prefix}{c:7}:log`)).toBe("1");
    } finally {
      await replica.stop();
    }
  });

  test("a client of ioredis gives its options, and stays as it is", async () => {
    const client = new Redis(redis.url, { keyPrefix: "mine:", db: 3 });
    try {
      const { log, prefix } = await make(client);
      await new Writer(log, "c").append("1");
      expect(await client.exists(`${prefix}{c:c}:head`)).toBe(1);
      await log.close();
      expect(await client.ping()).toBe("PONG");
    } finally {
      client.disconnect();
    }
  });

  test("it warns of a Redis that evicts keys", async () => {
    const warnings: string[] = [];
    const listen = ({ message }: Error) => {
      warnings.push(message);
    };
    process.on("warning", listen);
    try {
      await admin.config("SET", "maxmemory-policy", "allkeys-lru");
      await make();
      await until("it warns", () => warnings.some((text) => text.includes("noeviction")));
    } finally {
      await admin.config("SET", "maxmemory-policy", "noeviction");
      process.off("warning", listen);
    }
  });

  test("what is no place, and braces in the prefix, are refused", () => {
    expect(() => redisLog({ cluster: [] })).toThrow(/cluster/);
    expect(() => redisLog(redis.url, { prefix: "{a}" })).toThrow(/braces/);
  });

  test("a closed log rejects", async () => {
    const { log } = await make();
    await log.close();
    await expect(log.read("c")).rejects.toThrow(/closed/);
  });
});
