import assert from "node:assert/strict";
import { LOG_START } from "../log.js";
import type { ContractCase } from "./contract-case.js";
import type { LogSubject } from "./log-subject.js";
import { expectContinued, expectWhole, RecordChain, secondView } from "./record-chain.js";

export const compactCases: readonly ContractCase<LogSubject>[] = [
  {
    name: "puts a snapshot in place of the records up to it",
    async run(subject) {
      const { log } = subject;
      const chain = await new RecordChain(log).grow(10);
      await log.compact("c", chain.snapshot(7), 0);
      for (const view of [log, await secondView(subject)]) {
        const contents = await view.read("c");
        expectWhole(contents, chain.records, chain.snapshot(7));
        assert.equal(contents.continues, false);
        assert.equal(contents.records.length, 3, "no record from before it");
      }
      for (const index of [7, 8, 10]) {
        expectContinued(await log.read("c", chain.at(index)), chain.records.slice(index));
      }
      for (const after of [LOG_START, chain.at(1), chain.at(5)]) {
        const contents = await log.read("c", after);
        assert.equal(contents.continues, false, `${after.index} is gone`);
        expectWhole(contents, chain.records, chain.snapshot(7));
      }
    },
  },
  {
    name: "keeps records from before a snapshot for who comes back",
    async run({ log }) {
      const chain = await new RecordChain(log).grow(20);
      await log.compact("c", chain.snapshot(15), 5);
      // Of the place before the first record that is kept the log need not know the tag.
      for (const index of [11, 12, 15, 17, 20]) {
        expectContinued(await log.read("c", chain.at(index)), chain.records.slice(index));
      }
      for (const index of [0, 1, 5, 9]) {
        const contents = await log.read("c", chain.at(index));
        assert.equal(contents.continues, false, `${index} is gone`);
        expectWhole(contents, chain.records, chain.snapshot(15));
      }
      await log.compact("c", chain.snapshot(20), 100);
      expectWhole(await log.read("c"), chain.records, chain.snapshot(20));
      expectContinued(await log.read("c", chain.at(12)), chain.records.slice(12));
    },
  },
  {
    name: "goes on after a snapshot of everything",
    async run({ log }) {
      const chain = await new RecordChain(log).grow(6);
      await log.compact("c", chain.snapshot(6), 0);
      expectWhole(await log.read("c"), chain.records, chain.snapshot(6));
      expectContinued(await log.read("c", chain.end), []);
      const passed = await log.append("c", chain.at(3), { ...chain.snapshot(4), tag: "x" }, false);
      assert.equal(passed.type, "conflict");
      if (passed.type === "conflict") {
        assert.equal(passed.contents.continues, false);
        expectWhole(passed.contents, chain.records, chain.snapshot(6));
      }
      await chain.grow(4);
      expectWhole(await log.read("c"), chain.records, chain.snapshot(6));
      await log.compact("c", chain.snapshot(9), 1);
      expectWhole(await log.read("c"), chain.records, chain.snapshot(9));
    },
  },
  {
    name: "takes no notice of a snapshot that is older, or of a place that it does not have",
    async run({ log }) {
      const chain = await new RecordChain(log).grow(10);
      await log.compact("c", chain.snapshot(6), 4);
      const before = await log.read("c");
      const strange = { ...chain.snapshot(8), tag: "of another time" };
      const ahead = { ...chain.snapshot(10), index: 12 };
      for (const snapshot of [chain.snapshot(5), chain.snapshot(1), strange, ahead]) {
        await log.compact("c", snapshot, 0);
        assert.deepEqual(await log.read("c"), before);
      }
      await log.compact("never there", chain.snapshot(5), 0);
      assert.deepEqual((await log.read("never there")).records, []);
      await log.compact("c", chain.snapshot(6), 4);
      expectWhole(await log.read("c"), chain.records, chain.snapshot(6));
    },
  },
  {
    name: "compacts while others append",
    async run(subject) {
      const { log } = subject;
      const other = await secondView(subject);
      const chain = new RecordChain(log);
      for (let round = 1; round <= 10; round += 1) {
        await chain.grow(5);
        const snapshot = chain.snapshot(chain.end.index - 2);
        const [, , contents] = await Promise.all([
          other.compact("c", snapshot, 3),
          chain.append(),
          other.read("c", chain.at(chain.end.index)),
        ]);
        assert.equal(contents.continues, true);
        assert.ok(contents.records.length <= 1);
        expectWhole(await log.read("c"), chain.records, snapshot);
      }
    },
  },
];
