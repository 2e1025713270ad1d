import type { LogNews } from "@deltawire/server";
import fc from "fast-check";
import { beforeEach, describe, expect, test } from "vitest";
import { FollowedChannel } from "./followed-channel.js";
import { parseNews } from "./news.js";

const message = (tag: string, before: string, data = "data"): Buffer =>
  Buffer.from(`r7 ${Buffer.byteLength(tag)} ${Buffer.byteLength(before)} ${tag}${before}${data}`);

describe("a followed channel", () => {
  /** The tag of the last record, as the log has it. */
  let last: string;
  let asked: number;
  let news: string[];
  let channel: FollowedChannel;

  beforeEach(() => {
    [last, asked, news] = ["a", 0, []];
    channel = new FollowedChannel(() => {
      asked += 1;
      return Promise.resolve(last);
    }, 60_000);
    channel.add((one: LogNews) => {
      news.push(one.type === "record" ? `${one.before}>${one.record.tag}` : one.type);
    });
  });

  const settle = () => new Promise((resolve) => setImmediate(resolve));

  test("there is doubt as soon as it is subscribed", async () => {
    channel.confirmed();
    await settle();
    expect([news, asked]).toEqual([["doubt"], 1]);
  });

  test("there is doubt when subscribed, though the log does not answer", async () => {
    const silent = new FollowedChannel(() => Promise.reject(new Error("away")), 60_000);
    silent.add(({ type }) => news.push(type));
    silent.confirmed();
    await settle();
    expect(news).toEqual(["doubt"]);
  });

  test("it tells what it is told, and where a record was too large, to read", () => {
    channel.message(message("b", "a"));
    channel.message(Buffer.from("p8 1 1 cb"));
    channel.message(Buffer.from("x"));
    channel.message(Buffer.from("of somebody else"));
    expect(news).toEqual(["a>b", "doubt", "deleted"]);
  });

  test("it asks a second after the last news, and then more and more seldom", async () => {
    channel.confirmed();
    await settle();
    const asks: number[] = [];
    for (let now = 1; now < 25_000; now += 500) {
      if (!channel.isDue(now)) continue;
      asks.push(now);
      await channel.check(now);
    }
    expect(asks).toEqual([1001, 3001, 7001, 12_001, 17_001, 22_001]);
    channel.message(message("a", ""));
    expect([30_000, 30_999, 31_000].map((now) => channel.isDue(now))).toEqual([false, false, true]);
    expect(news).toEqual(["doubt", ">a"]);
  });

  test("what was lost without a trace is told once", async () => {
    channel.confirmed();
    await settle();
    last = "b";
    await channel.check(1);
    await channel.check(2);
    expect(news).toEqual(["doubt", "doubt"]);
  });

  test("news that the answer has overtaken are not taken for lost", async () => {
    channel.confirmed();
    await settle();
    last = "b";
    const checked = channel.check(1);
    await settle();
    channel.message(message("b", "a"));
    await checked;
    expect(news).toEqual(["doubt", "a>b"]);
  });
});

test("messages are read as they are written, and no other one is", () => {
  const tag = fc.string({ unit: "grapheme", maxLength: 20 });
  fc.assert(
    fc.property(tag, tag, fc.uint8Array({ maxLength: 100 }), (tag, before, data) => {
      const read = parseNews(Buffer.concat([message(tag, before, ""), data]));
      expect(read).toEqual({ type: "record", record: { index: 7, tag, data }, before });
    }),
  );
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 80 }), (bytes) => {
      parseNews(Buffer.from(bytes));
    }),
  );
});
