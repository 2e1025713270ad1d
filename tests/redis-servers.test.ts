import { connect } from "@deltawire/client";
import { type RedisPlace, redisLog } from "@deltawire/redis";
import { createServer, type Server } from "@deltawire/server";
import { describe, expect, test } from "vitest";
import { redisPart, startCluster, startRedis, startSentinels, until } from "./real/redis.js";

const part = await redisPart("tests, servers that share a Redis which fails");

/** Texts, each in a channel of its own, and how many words each has. */
const TEXTS = 10;
const WORDS = 150;

/** Milliseconds between two words. */
const PAUSE = 20;

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

/** Two servers with one log. */
async function startServers(place: RedisPlace): Promise<{ servers: Server[]; urls: string[] }> {
  const servers = [1, 2].map(() => {
    const log = redisLog(place, { timeout: 1000 });
    return createServer({ data: { log, close: () => log.close() } });
  });
  const urls = await Promise.all(servers.map(async (one) => (await one.listen({ port: 0 })).url));
  return { servers, urls };
}

/**
 * Texts grow, written at one server and read at both; in the middle something happens. Every reader
 * ends with what was written.
 */
async function grow(place: RedisPlace, happens: () => Promise<unknown>): Promise<void> {
  const { servers, urls } = await startServers(place);
  const readers = urls.map((url) => connect(url));
  const writers = urls.map((url) => connect(url));
  const names = Array.from({ length: TEXTS }, (_, i) => `channel ${i}`);
  const seen = readers.map((reader) =>
    names.map((name) => {
      const channel = reader.channel(name);
      channel.subscribe(() => undefined);
      return () => channel.state.messages[0];
    }),
  );
  try {
    const texts = await Promise.all(
      names.map(async (name, i) => {
        const writing = writers[i % writers.length]?.channel(name).write("m");
        let text = "";
        for (let word = 0; word < WORDS; word += 1) {
          const more = `${name}, word ${word}. `;
          writing?.append(more);
          text += more;
          if (i === 0 && word === WORDS / 3) await happens();
          else await pause(PAUSE);
        }
        await writing?.complete();
        return text;
      }),
    );
    await until("all readers have all of it", () =>
      seen.every((views) => views.every((view) => view()?.status === "completed")),
    );
    for (const views of seen) expect(views.map((view) => view()?.text)).toEqual(texts);
  } finally {
    await Promise.all([...writers, ...readers].map((wire) => wire.close()));
    await Promise.all(servers.map((server) => server.close()));
  }
}

describe.skipIf(part === undefined)("two servers share a Redis", () => {
  test("L39: that is killed, and starts again with its append-only file", async () => {
    if (!part) return;
    const redis = await startRedis(part, { appendonly: true });
    await grow(redis.url, async () => {
      await redis.kill();
      await pause(1000);
      await redis.restart();
    }).finally(() => redis.stop());
  });

  test("that stands still for longer than a lease", async () => {
    if (!part) return;
    const redis = await startRedis(part);
    await grow(redis.url, async () => {
      redis.pause();
      await pause(7000);
      redis.resume();
    }).finally(() => redis.stop());
  });

  test("that starts again empty", async () => {
    if (!part) return;
    const redis = await startRedis(part);
    await grow(redis.url, async () => {
      await redis.kill();
      await redis.restart();
    }).finally(() => redis.stop());
  });

  test("L39: that Sentinel puts another one in the place of", async () => {
    if (!part) return;
    const set = await startSentinels(part);
    const place = { sentinels: set.sentinels, name: set.name };
    await grow(place, async () => set.servers[0]?.kill()).finally(() => set.stop());
  });

  test("L39: that is a cluster and loses a master", async () => {
    if (!part) return;
    const cluster = await startCluster(part);
    const place = { cluster: cluster.urls };
    await grow(place, async () => (await cluster.masters())[0]?.kill()).finally(() =>
      cluster.stop(),
    );
  });
});
