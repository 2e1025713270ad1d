import { describe, expect, test } from "vitest";
import { redisPart, startCluster, startSentinels, until } from "../../../tests/real/redis.js";
import type { RedisLog } from "./index.js";
import { textOf, Writer } from "./testing/chain.js";
import { subjectAt } from "./testing/subject.js";

const part = await redisPart("packages/redis, failing over");

/** Milliseconds without one append, at most: that Sentinel and Cluster need, and as much again. */
const MAX_STILL = 15_000;

/** Appends to channels until it is stopped, as fast as they take it. */
class Load {
  readonly writers: readonly Writer[];
  #isOn = true;
  readonly #done: Promise<unknown>;
  /** The longest time in which nothing was appended to some channel, in milliseconds. */
  longest = 0;
  count = 0;

  constructor(log: RedisLog, channels: number) {
    this.writers = Array.from({ length: channels }, (_, i) => new Writer(log, `channel ${i}`));
    this.#done = Promise.all(this.writers.map((writer) => this.#write(writer)));
  }

  async stop(): Promise<void> {
    this.#isOn = false;
    await this.#done;
  }

  async #write(writer: Writer): Promise<void> {
    for (let i = 0; this.#isOn; i += 1) {
      const from = performance.now();
      await writer.append(`${i}`);
      this.count += 1;
      this.longest = Math.max(this.longest, performance.now() - from);
      await new Promise((pause) => setTimeout(pause, 5));
    }
  }
}

/** Each channel says what its writer knows, once and in order. */
async function expectWhole(log: RedisLog, load: Load): Promise<void> {
  for (const [i, { known }] of load.writers.entries()) {
    const { records } = await log.read(`channel ${i}`);
    expect(records.map(textOf)).toEqual(known.map(textOf));
    expect(new Set(known.map(textOf)).size).toBe(known.length);
  }
}

describe.skipIf(part === undefined)("failing over", () => {
  test("L39: Sentinel makes another one the master: appending goes on within seconds", async () => {
    if (!part) return;
    const set = await startSentinels(part);
    const subject = await subjectAt({ sentinels: set.sentinels, name: set.name }, { timeout: 500 });
    try {
      const heard = new Set<string>();
      const other = await subject.another();
      other.follow("channel 0", (news) => {
        if (news.type === "record") heard.add(textOf(news.record));
      });
      const load = new Load(subject.log, 5);
      await until("it writes", () => load.count > 100);
      await set.servers[0]?.kill();
      const killed = performance.now();
      const before = load.count;
      await until("it writes again", () => load.count > before + 100);
      console.log(`Sentinel: appending again after ${Math.round(performance.now() - killed)} ms`);
      heard.clear();
      await until("news come again", () => heard.size > 5);
      await load.stop();
      expect(load.longest).toBeLessThan(MAX_STILL);
      await until("all know of the new master", async () => {
        return (await set.master()) !== set.servers[0]?.port;
      });
      await expectWhole(subject.log, load);
    } finally {
      await subject.close();
      await set.stop();
    }
  });

  test("L39: a cluster loses a master: appending goes on within seconds", async () => {
    if (!part) return;
    const cluster = await startCluster(part);
    const subject = await subjectAt({ cluster: cluster.urls }, { timeout: 500 });
    try {
      const heard = new Set<string>();
      const other = await subject.another();
      const load = new Load(subject.log, 20);
      for (const i of load.writers.keys()) {
        other.follow(`channel ${i}`, (news) => {
          if (news.type === "record") heard.add(`${i}`);
        });
      }
      const lease = { server: "one", duration: 60_000, channels: ["channel 1"] };
      const { incarnation } = await subject.log.renew(lease);
      await until("it writes", () => load.count > 200);
      const [master] = await cluster.masters();
      await master?.kill();
      const killed = performance.now();
      const all = load.writers.map(({ known }) => known.length);
      await until("it writes everywhere again", () =>
        load.writers.every(({ known }, i) => known.length > (all[i] ?? 0) + 20),
      );
      console.log(`Cluster: appending again after ${Math.round(performance.now() - killed)} ms`);
      heard.clear();
      await until("news of all channels come again", () => heard.size === load.writers.length);
      await load.stop();
      expect(load.longest).toBeLessThan(MAX_STILL);
      await expectWhole(subject.log, load);
      expect((await subject.log.renew(lease)).incarnation).toBe(incarnation);
    } finally {
      await subject.close();
      await cluster.stop();
    }
  });

  test("a cluster moves slots to another master: nothing is lost, news go on", async () => {
    if (!part) return;
    const cluster = await startCluster(part);
    const subject = await subjectAt({ cluster: cluster.urls });
    try {
      const heard = new Set<string>();
      const load = new Load(subject.log, 60);
      const other = await subject.another();
      for (const i of load.writers.keys()) {
        other.follow(`channel ${i}`, (news) => {
          if (news.type === "record") heard.add(`${i}`);
        });
      }
      await until("it writes", () => load.count > 200);
      const [from, to] = await Promise.all(
        (await cluster.masters()).slice(0, 2).map((server) => server.cli("cluster", "myid")),
      );
      const [first] = cluster.servers;
      await first?.cli(
        ...["--cluster", "reshard", `127.0.0.1:${first.port}`, "--cluster-from", from ?? ""],
        ...["--cluster-to", to ?? "", "--cluster-slots", "1500", "--cluster-yes"],
      );
      heard.clear();
      await until("news of all channels come", () => heard.size === load.writers.length);
      await load.stop();
      await expectWhole(subject.log, load);
    } finally {
      await subject.close();
      await cluster.stop();
    }
  });

  test.each([2, 4])("%i servers append to one channel as fast as they can", async (count) => {
    if (!part) return;
    const cluster = await startCluster(part);
    const subject = await subjectAt({ cluster: cluster.urls });
    try {
      const writers = await Promise.all(
        Array.from({ length: count }, async () => new Writer(await subject.another(), "c")),
      );
      const texts = writers.map((_, w) => Array.from({ length: 200 }, (_, i) => `${w}:${i}`));
      await Promise.all(
        writers.map(async (writer, w) => {
          for (const text of texts[w] ?? []) await writer.append(text);
        }),
      );
      const { records } = await subject.log.read("c");
      const all = records.map(textOf);
      expect([...all].sort()).toEqual(texts.flat().sort());
      for (const [w, own] of texts.entries()) {
        expect(all.filter((text) => text.startsWith(`${w}:`))).toEqual(own);
      }
      for (const { known } of writers)
        expect(all.slice(0, known.length)).toEqual(known.map(textOf));
    } finally {
      await subject.close();
      await cluster.stop();
    }
  });
});
