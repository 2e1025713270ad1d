import assert from "node:assert/strict";
import type { Log, LogNews, LogRecord } from "../log.js";
import { type ContractCase, eventually } from "./contract-case.js";
import type { LogSubject } from "./log-subject.js";
import { expectRecords, RecordChain, secondView } from "./record-chain.js";

/** What somebody who follows a channel was told. */
class Followed {
  readonly news: LogNews[] = [];
  readonly stop: () => void;

  constructor(log: Log, channel = "c") {
    this.stop = log.follow(channel, (news) => this.news.push(news));
  }

  /** Fails unless all that was told of records is so of a chain. */
  expectTrue(chain: RecordChain): void {
    for (const news of this.news) {
      if (news.type !== "record") continue;
      const { index } = news.record;
      expectRecords([news.record], chain.records.slice(index - 1, index));
      assert.equal(news.before, chain.at(index - 1).tag, "the tag of the one before");
    }
  }

  has(record: LogRecord): boolean {
    return this.news.some((news) => news.type === "record" && news.record.tag === record.tag);
  }
}

/** Appends until those who follow are told of a record: news may be lost, and begin late. */
const appendUntilTold = (chain: RecordChain, followed: readonly Followed[]): Promise<void> =>
  eventually(async () => {
    const record = await chain.append();
    await new Promise((resolve) => setTimeout(resolve, 20));
    assert.ok(
      followed.every((one) => one.has(record)),
      "news of a record within ten seconds",
    );
  });

export const followCases: readonly ContractCase<LogSubject>[] = [
  {
    name: "tells of records that are appended here and there",
    async run(subject) {
      const other = await secondView(subject);
      const chain = await new RecordChain(subject.log).grow(3);
      const followed = [new Followed(subject.log), new Followed(other), new Followed(other)];
      await appendUntilTold(chain, followed);
      await chain.append(Uint8Array.from({ length: 300_000 }, (_, i) => i));
      await subject.log.compact("c", chain.snapshot(chain.end.index), 2);
      await appendUntilTold(chain, followed);
      for (const one of followed) {
        one.expectTrue(chain);
        one.stop();
      }
    },
  },
  {
    name: "tells of the first record",
    async run(subject) {
      const followed = new Followed(await secondView(subject));
      await eventually(async () => {
        await subject.log.delete("c");
        const first = await new RecordChain(subject.log).append();
        await new Promise((resolve) => setTimeout(resolve, 20));
        assert.ok(followed.has(first), "news of the first record");
      });
      const news = followed.news.find((one) => one.type === "record");
      assert.equal(news?.type === "record" && news.before, "", "nothing was before it");
      followed.stop();
    },
  },
  {
    name: "tells of no other channel, and of nothing that was not appended",
    async run(subject) {
      const { log } = subject;
      const names = ["a", "a*", "a:b", "{a}", "a\0b", "😀"];
      const chains = names.map((name) => new RecordChain(log, name));
      const followed = names.map((name) => new Followed(log, name));
      for (const [i, chain] of chains.entries()) {
        await appendUntilTold(chain, [followed[i] ?? assert.fail()]);
        const { index } = chain.end;
        await log.append(
          chain.channel,
          chain.at(0),
          { index: 1, tag: "x", data: chain.snapshot(index).data },
          false,
        );
      }
      for (const [i, chain] of chains.entries()) {
        followed[i]?.expectTrue(chain);
        followed[i]?.stop();
      }
    },
  },
  {
    name: "tells nothing once it is stopped",
    async run(subject) {
      const chain = new RecordChain(subject.log);
      const [stopped, other] = [new Followed(subject.log), new Followed(subject.log)];
      await appendUntilTold(chain, [stopped, other]);
      stopped.stop();
      stopped.stop();
      const { length } = stopped.news;
      await appendUntilTold(chain, [other]);
      assert.equal(stopped.news.length, length);
      other.stop();
      const again = new Followed(subject.log);
      await appendUntilTold(chain, [again]);
      again.stop();
    },
  },
  {
    name: "tells of a channel's deletion",
    async run(subject) {
      const other = await secondView(subject);
      const followed = [new Followed(subject.log), new Followed(other)];
      await eventually(async () => {
        await new RecordChain(subject.log).append();
        await other.delete("c");
        await new Promise((resolve) => setTimeout(resolve, 20));
        for (const { news } of followed) {
          assert.ok(news.some(({ type }) => type === "deleted"));
        }
      });
      await appendUntilTold(new RecordChain(subject.log), followed);
      for (const one of followed) one.stop();
    },
  },
];
