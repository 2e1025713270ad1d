import { describe, expect, it } from "vitest";
import { LOG_START, type LogNews } from "../log.js";
import { MemoryLog } from "./memory-log.js";
import { MemoryStore } from "./memory-store.js";
import { RecordChain, recordAfter } from "./record-chain.js";
import { save } from "./saved-channel.js";

describe("what goes wrong with a log in memory", () => {
  it("refuses a call, which has not happened", async () => {
    const log = new MemoryLog();
    log.faults.next("append", "refused", 2);
    const append = () => log.append("c", LOG_START, recordAfter(LOG_START), false);
    await expect(append()).rejects.toMatchObject({ code: "connection_lost" });
    await expect(append()).rejects.toMatchObject({ code: "connection_lost" });
    expect((await log.read("c")).records).toHaveLength(0);
    expect(await append()).toEqual({ type: "appended" });
  });

  it("lets a call happen, and says that it failed", async () => {
    const log = new MemoryLog();
    const record = recordAfter(LOG_START);
    log.faults.next("append", "unclear");
    await expect(log.append("c", LOG_START, record, false)).rejects.toThrow("may have been done");
    const again = await log.append("c", LOG_START, record, false);
    expect(again).toEqual({ type: "conflict", contents: { continues: true, records: [record] } });
  });

  it("holds calls until they are released", async () => {
    const log = new MemoryLog();
    const release = log.faults.hold();
    let isAppended = false;
    const appended = new RecordChain(log).append().then(() => {
      isAppended = true;
    });
    await new Promise((resolve) => setImmediate(resolve));
    expect(isAppended).toBe(false);
    expect((await log.view().read("c")).records).toHaveLength(0);
    release();
    await appended;
    expect((await log.read("c")).records).toHaveLength(1);
  });

  it("is down for one server, which hears afterwards that it may have missed something", async () => {
    const log = new MemoryLog();
    const other = log.view();
    const [here, there]: LogNews["type"][][] = [[], []];
    log.follow("c", ({ type }) => here?.push(type));
    other.follow("c", ({ type }) => there?.push(type));
    other.faults.isDown = true;
    await new RecordChain(log).grow(2);
    await expect(other.read("c")).rejects.toThrow();
    expect([here, there]).toEqual([["record", "record"], []]);
    other.faults.isDown = false;
    await other.read("c");
    expect([here, there]).toEqual([["record", "record"], ["doubt"]]);
  });

  it("loses the last records, as a copy that takes over has not seen them", async () => {
    const log = new MemoryLog();
    const chain = await new RecordChain(log).grow(5);
    log.lose("c", 2);
    expect(await log.read("c", chain.at(3))).toEqual({ continues: true, records: [] });
    expect((await log.read("c", chain.at(4))).continues).toBe(false);
    await log.compact("c", chain.snapshot(3), 2);
    log.lose("c", 9);
    expect((await log.read("c")).snapshot?.index).toBe(3);
    expect((await log.append("c", chain.at(3), recordAfter(chain.at(3)), false)).type).toBe(
      "appended",
    );
  });

  it("starts again empty, and as another one", async () => {
    const log = new MemoryLog();
    const lease = { server: "one", duration: 1000, channels: [] };
    const { incarnation } = await log.renew(lease);
    await new RecordChain(log).grow(5);
    log.clear();
    expect((await log.read("c")).records).toHaveLength(0);
    expect((await log.renew(lease)).incarnation).not.toBe(incarnation);
  });

  it("takes the time and the news where it is told to", async () => {
    const late: (() => void)[] = [];
    let trips = 0;
    const log = new MemoryLog({
      now: () => 42,
      travel: async () => {
        trips += 1;
      },
      deliver: (tell) => late.push(tell),
    });
    const news: LogNews[] = [];
    log.follow("c", (one) => news.push(one));
    await new RecordChain(log).grow(2);
    expect(trips).toBe(4);
    expect(news).toHaveLength(0);
    for (const tell of [...late, ...late].reverse()) tell();
    expect(news.map((one) => one.type === "record" && one.record.index)).toEqual([2, 1, 2, 1]);
    expect((await log.renew({ server: "one", duration: 1, channels: [] })).now).toBe(42);
  });
});

it("a store in memory fails alike, for one server", async () => {
  const store = new MemoryStore();
  const other = store.view();
  other.faults.next("save", "unclear");
  await expect(other.save([save(1, [])])).rejects.toThrow("may have been done");
  other.faults.isDown = true;
  await expect(other.load("c")).rejects.toThrow("was not done");
  expect(await store.load("c")).toMatchObject({ seq: 1 });
});
