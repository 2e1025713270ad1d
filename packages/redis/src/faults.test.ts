import { LOG_START, type LogNews } from "@deltawire/server";
import { Redis } from "ioredis";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { type RealRedis, redisPart, startRedis, until } from "../../../tests/real/redis.js";
import { shardOf } from "./channel-keys.js";
import { redisLog } from "./index.js";
import { recordAfter, textOf, Writer } from "./testing/chain.js";
import { type RedisSubject, subjectAt } from "./testing/subject.js";

const part = await redisPart("packages/redis, what becomes of a log when its Redis has trouble");

/** Milliseconds for a call. */
const TIMEOUT = 400;

describe.skipIf(part === undefined)("a Redis in trouble", () => {
  let redis: RealRedis;
  let admin: Redis;
  let subject: RedisSubject;
  const channel = "a channel";

  beforeAll(async () => {
    if (part) redis = await startRedis(part, { appendonly: true });
    admin = new Redis(redis.url, { maxRetriesPerRequest: 100 });
    admin.on("error", () => undefined);
  });
  afterEach(async () => {
    await subject.close();
  });
  afterAll(async () => {
    admin.disconnect();
    await redis.stop();
  });

  /** A channel with some records, and who wrote them. */
  async function grown(count: number): Promise<Writer> {
    subject = await subjectAt(redis.url, { timeout: TIMEOUT });
    const writer = new Writer(subject.log, channel);
    for (let i = 1; i <= count; i += 1) await writer.append(`${i}`);
    return writer;
  }

  const followed = async (): Promise<LogNews[]> => {
    const news: LogNews[] = [];
    const log = await subject.another();
    log.follow(channel, (one) => news.push(one));
    await until("it is followed", () => news.some(({ type }) => type === "doubt"));
    news.length = 0;
    return news;
  };

  test("it has forgotten the scripts: they are sent again", async () => {
    const writer = await grown(2);
    await admin.script("FLUSH");
    await Promise.all([writer.append("3"), subject.log.read(channel)]);
    expect((await subject.log.read(channel)).records.map(textOf)).toEqual(["1", "2", "3"]);
    expect(writer.failures).toBe(0);
  });

  test("L39: it was killed and started again, with an append-only file: nothing is lost", async () => {
    const writer = await grown(5);
    await subject.log.compact(channel, { ...writer.end, data: new Uint8Array(3) }, 2);
    const lease = { server: "one", duration: 5000, channels: [] };
    const { incarnation } = await subject.log.renew(lease);
    const before = await subject.log.read(channel);
    await new Promise((synced) => setTimeout(synced, 1100));
    await redis.kill();
    await redis.restart();
    await until("it answers", () => subject.log.read(channel).then(Boolean, () => false));
    expect(await subject.log.read(channel)).toEqual(before);
    const living = await subject.log.renew(lease);
    expect(living.incarnation).toBe(incarnation);
    expect(living.orphans).toEqual([channel]);
    await writer.append("6");
    expect(writer.known.map(textOf)).toEqual(["1", "2", "3", "4", "5", "6"]);
  });

  test("it has started again empty: it says that nothing is there, and that it is another", async () => {
    const { end } = await grown(5);
    const lease = { server: "one", duration: 5000, channels: [channel] };
    const { incarnation } = await subject.log.renew(lease);
    await admin.flushall();
    const nothing = { continues: false, records: [] };
    expect(await subject.log.read(channel, end)).toEqual(nothing);
    const answer = await subject.log.append(channel, end, recordAfter(end, "6"), true);
    expect(answer).toEqual({ type: "conflict", contents: nothing });
    expect((await subject.log.renew(lease)).incarnation).not.toBe(incarnation);
    // What is known still goes into it again.
    const again = await subject.log.append(channel, LOG_START, recordAfter(LOG_START, "1"), true);
    expect(again.type).toBe("appended");
  });

  test("it has evicted a part of a channel: no hole is passed off as the log", async () => {
    const { end } = await grown(5);
    const keys = (await admin.keys(`${subject.prefix}*`)).filter((key) => key.endsWith("}:log"));
    expect(keys).toHaveLength(1);
    await admin.del(keys);
    await subject.log.append(channel, end, recordAfter(end, "6"), true);
    expect(await subject.log.read(channel)).toEqual({ continues: false, records: [] });
    await new Writer(subject.log, channel).append("1");
    expect((await subject.log.read(channel)).records.map(textOf)).toEqual(["1"]);
  });

  test("it has cut who listens: they are told to read, and hear again", async () => {
    const writer = await grown(1);
    const news = await followed();
    await Promise.all([admin.call("CLIENT", "KILL", "TYPE", "pubsub"), writer.append("2")]);
    await until("there is doubt", () => news.some(({ type }) => type === "doubt"));
    await writer.append("3");
    await until("news come", () =>
      news.some((one) => one.type === "record" && textOf(one.record) === "3"),
    );
  });

  test("a message is lost without a trace: the loss is found", async () => {
    const { end } = await grown(3);
    const news = await followed();
    // What the script does, but for the message.
    const name = `${subject.prefix}{c:${channel}}`;
    await admin.xadd(`${name}:log`, "4-0", "t", "lost", "d", "");
    await admin.hset(`${name}:head`, "i", 4, "t", "lost");
    await until("there is doubt", () => news.some(({ type }) => type === "doubt"));
    const { continues, records } = await subject.log.read(channel, end);
    expect([continues, records.map(({ tag }) => tag)]).toEqual([true, ["lost"]]);
    news.length = 0;
    await new Promise((checks) => setTimeout(checks, 2500));
    expect(news, "no doubt once it is found").toEqual([]);
  });

  test("L35: it stands still: calls reject in time, and what was sent is found later", async () => {
    const writer = await grown(2);
    const record = recordAfter(writer.end, "3");
    redis.pause();
    const from = performance.now();
    const calls = [
      subject.log.append(channel, writer.end, record, true),
      subject.log.read(channel),
      subject.log.renew({ server: "one", duration: 5000, channels: [] }),
      subject.log.compact(channel, { ...writer.end, data: new Uint8Array(1) }, 0),
      subject.log.delete("another"),
    ];
    const outcomes = await Promise.allSettled(calls);
    expect(performance.now() - from).toBeLessThan(4 * TIMEOUT);
    expect(outcomes.map(({ status }) => status)).toEqual(calls.map(() => "rejected"));
    expect(outcomes[0]).toMatchObject({ reason: { code: "timeout" } });
    redis.resume();
    await until("it answers", () => subject.log.read(channel).then(Boolean, () => false));
    const answer = await subject.log.append(channel, writer.end, record, true);
    if (answer.type === "conflict") {
      expect(answer.contents.continues).toBe(true);
      expect(answer.contents.records.map(({ tag }) => tag)).toEqual([record.tag]);
    }
    expect((await subject.log.read(channel, writer.end)).records.map(textOf)).toEqual(["3"]);
  });

  test("it answers late, once: what is appended again is found by its tag", async () => {
    const writer = await grown(2);
    const record = recordAfter(writer.end, "3");
    const slow = admin.call("DEBUG", "SLEEP", `${(1.5 * TIMEOUT) / 1000}`);
    await expect(subject.log.append(channel, writer.end, record, true)).rejects.toThrow(
      /in time, 400 ms/,
    );
    await slow;
    const answer = await subject.log.append(channel, writer.end, record, true);
    expect(answer).toMatchObject({ type: "conflict", contents: { continues: true } });
    expect(answer.type === "conflict" && answer.contents.records).toEqual([record]);
  });

  test("it is down: calls reject in time, and work again once it is up", async () => {
    const writer = await grown(2);
    const other = await subject.another();
    await redis.kill();
    for (const log of [subject.log, other, redisLog(redis.url, { timeout: TIMEOUT })]) {
      const from = performance.now();
      await expect(log.read(channel)).rejects.toMatchObject({ code: "connection_lost" });
      expect(performance.now() - from).toBeLessThan(2 * TIMEOUT);
      if (log !== subject.log && log !== other) await log.close();
    }
    const writing = writer.append("3");
    await redis.restart();
    await writing;
    expect(writer.known.map(textOf).at(-1)).toBe("3");
  });

  test("it is read-only, as one that was the master: calls reject in time", async () => {
    const writer = await grown(1);
    await admin.replicaof("127.0.0.1", 1);
    const from = performance.now();
    await expect(
      subject.log.append(channel, writer.end, recordAfter(writer.end, "2"), false),
    ).rejects.toThrow();
    expect(performance.now() - from).toBeLessThan(2 * TIMEOUT);
    await admin.replicaof("NO", "ONE");
    await writer.append("2");
    expect((await subject.log.read(channel)).records.map(textOf)).toEqual(["1", "2"]);
  });

  test("nobody could renew a lease: none has run out meanwhile", async () => {
    await grown(0);
    const other = await subject.another();
    await subject.log.renew({ server: "one", duration: 3500, channels: [] });
    await other.renew({ server: "two", duration: 3500, channels: [] });
    await new Promise((away) => setTimeout(away, 3600));
    expect((await other.renew({ server: "two", duration: 3500, channels: [] })).servers).toEqual([
      "one",
      "two",
    ]);
  });

  test("a server has died between mark and record: no orphan is named", async () => {
    const writer = await grown(2);
    await subject.log.append(channel, writer.end, recordAfter(writer.end, "done"), false);
    const work = `${subject.prefix}{unfinished-*}:work`;
    await until("the mark is taken back", async () => (await admin.keys(work)).length === 0);
    const shard = `${subject.prefix}{unfinished-${shardOf(channel)}}`;
    await admin.zadd(`${shard}:work`, 0, channel);
    await admin.hset(`${shard}:marks`, channel, "3:1:1");
    const lease = { server: "one", duration: 5000, channels: [] };
    expect((await subject.log.renew(lease)).orphans).toEqual([]);
    expect(await admin.exists(`${shard}:work`, `${shard}:marks`)).toBe(0);
  });
});
