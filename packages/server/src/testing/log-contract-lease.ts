import assert from "node:assert/strict";
import { LOG_START, type Log, type LogLiving } from "../log.js";
import { channelNames } from "./channel-names.js";
import { type ContractCase, eventually } from "./contract-case.js";
import type { LogSubject } from "./log-subject.js";
import { RecordChain, recordAfter, secondView } from "./record-chain.js";

/** Milliseconds: a lease that outlasts a test, and one that does not. */
const LONG = 60_000;
const SHORT = 300;

/** What at most is named at once. */
const MOST = 256;

const renew = (log: Log, server: string, channels: readonly string[] = []): Promise<LogLiving> =>
  log.renew({ server, duration: LONG, channels });

/** Channels with unfinished work. */
async function unfinished(log: Log, channels: readonly string[]): Promise<RecordChain[]> {
  const chains = channels.map((channel) => new RecordChain(log, channel));
  await Promise.all(chains.map((chain) => chain.append(undefined, true)));
  return chains;
}

/** Asks as a server until just these channels are orphans. */
const expectOrphans = (log: Log, server: string, ...expected: string[]): Promise<void> =>
  eventually(async () => {
    // Who has opened work may count as seeing to it for as long as its lease runs.
    const { orphans } = await log.renew({ server, duration: SHORT, channels: [] });
    assert.deepEqual([...orphans].sort(), expected.sort());
  });

export const leaseCases: readonly ContractCase<LogSubject>[] = [
  {
    name: "has a clock",
    async run(subject) {
      const { now } = await renew(subject.log, "one");
      assert.ok(now > Date.UTC(2020) && now < Date.UTC(2200), `${now} is no time of these days`);
      const later = await renew(await secondView(subject), "two");
      assert.ok(later.now >= now - 1000 && later.now <= now + 60_000, "one clock for all");
    },
  },
  {
    name: "has a name of its own that does not change",
    async run(subject) {
      const { incarnation } = await renew(subject.log, "one");
      assert.notEqual(incarnation, "");
      await unfinished(subject.log, ["c"]);
      await subject.log.delete("c");
      await subject.log.renew({ server: "one", duration: 0, channels: [] });
      for (const view of [subject.log, await secondView(subject)]) {
        assert.equal((await renew(view, "two")).incarnation, incarnation);
      }
      if (!subject.reopen) return;
      const log = await subject.reopen();
      assert.equal((await renew(log, "one")).incarnation, incarnation);
    },
  },
  {
    name: "knows who lives",
    async run(subject) {
      const other = await secondView(subject);
      const alone = await renew(subject.log, "one");
      assert.deepEqual([...alone.servers], ["one"]);
      assert.deepEqual([...alone.orphans], []);
      assert.deepEqual([...(await renew(other, "two")).servers].sort(), ["one", "two"]);
      assert.deepEqual([...(await renew(subject.log, "one")).servers].sort(), ["one", "two"]);
    },
  },
  {
    name: "forgets who gives no sign of life",
    async run(subject) {
      const other = await secondView(subject);
      await subject.log.renew({ server: "one", duration: SHORT, channels: [] });
      await eventually(async () => {
        const { servers } = await renew(other, "two");
        assert.deepEqual([...servers], ["two"]);
      });
      assert.deepEqual([...(await renew(subject.log, "one")).servers].sort(), ["one", "two"]);
    },
  },
  {
    name: "forgets who leaves, at once",
    async run(subject) {
      const other = await secondView(subject);
      await renew(subject.log, "one", ["c"]);
      await unfinished(subject.log, ["c"]);
      const left = await subject.log.renew({ server: "one", duration: 0, channels: [] });
      assert.deepEqual([...left.servers], []);
      const { servers, orphans } = await renew(other, "two");
      assert.deepEqual([...servers], ["two"]);
      assert.deepEqual([...orphans], ["c"]);
    },
  },
  {
    name: "names channels with unfinished work whose server is gone",
    async run(subject) {
      const { log } = subject;
      const other = await secondView(subject);
      await log.renew({ server: "one", duration: SHORT, channels: ["a", "b"] });
      await unfinished(log, ["a", "b"]);
      await new RecordChain(log, "nothing to do").append();
      await expectOrphans(other, "two", "a", "b");
      await renew(other, "two", ["b"]);
      assert.deepEqual([...(await renew(log, "three")).orphans], ["a"]);
    },
  },
  {
    name: "takes who opens work for the one that sees to it, until its next sign of life",
    async run(subject) {
      if (!subject.another) return;
      const other = await subject.another();
      await renew(subject.log, "one");
      await renew(other, "two");
      await unfinished(subject.log, ["a"]);
      assert.deepEqual([...(await renew(other, "two")).orphans], []);
      await eventually(async () => {
        await renew(subject.log, "one");
        assert.deepEqual([...(await renew(other, "two")).orphans], ["a"]);
      });
    },
  },
  {
    name: "names no channel that somebody sees to, until that one does no more",
    async run(subject) {
      const { log } = subject;
      const other = await secondView(subject);
      await unfinished(log, ["a", "b"]);
      await renew(log, "one", ["a", "b"]);
      for (let i = 0; i < 5; i += 1) {
        assert.deepEqual([...(await renew(other, "two")).orphans], []);
        assert.deepEqual([...(await renew(log, "one", ["a", "b"])).orphans], []);
      }
      await eventually(async () => {
        await log.renew({ server: "one", duration: SHORT, channels: ["b"] });
        assert.deepEqual([...(await renew(other, "two")).orphans], ["a"]);
      });
    },
  },
  {
    name: "names no channel whose last record left nothing to do, nor one that was deleted",
    async run({ log }) {
      const [a, b] = await unfinished(log, ["a", "b", "c"]);
      await expectOrphans(log, "one", "a", "b", "c");
      await a?.append(undefined, false);
      await b?.append(undefined, true);
      await expectOrphans(log, "one", "b", "c");
      await log.delete("c");
      await expectOrphans(log, "one", "b");
      await b?.append(undefined, false);
      await b?.append(undefined, true);
      await expectOrphans(log, "one", "b");
      const stale = await log.append("b", LOG_START, recordAfter(LOG_START), false);
      assert.equal(stale.type, "conflict");
      await expectOrphans(log, "one", "b");
      if (b) await log.compact("b", b.snapshot(3), 0);
      await expectOrphans(log, "one", "b");
    },
  },
  {
    name: `names ${MOST} at most, and the others once those are seen to`,
    async run({ log }) {
      const names = Array.from({ length: 300 }, (_, i) => `channel ${i}`);
      await unfinished(log, names);
      const taken = new Set<string>();
      await eventually(async () => {
        const { orphans } = await renew(log, "one", [...taken]);
        assert.ok(orphans.length <= MOST, `${orphans.length} at once`);
        for (const orphan of orphans) {
          assert.ok(names.includes(orphan) && !taken.has(orphan), `${orphan} is no orphan`);
          taken.add(orphan);
        }
        assert.equal(taken.size, names.length);
      });
    },
  },
  {
    name: "names channels of every name",
    async run({ log }) {
      await unfinished(log, channelNames);
      await expectOrphans(log, "one", ...channelNames);
      const seen = await renew(log, "one", channelNames);
      assert.deepEqual([...seen.orphans], []);
      assert.deepEqual([...(await renew(log, "two")).orphans], []);
    },
  },
  {
    name: "remembers unfinished work when it was opened anew",
    async run(subject) {
      if (!subject.reopen) return;
      const [, done] = await unfinished(subject.log, ["a", "b"]);
      await done?.append(undefined, false);
      await expectOrphans(await subject.reopen(), "one", "a");
    },
  },
];
