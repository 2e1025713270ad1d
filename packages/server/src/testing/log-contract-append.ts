import assert from "node:assert/strict";
import { LOG_START, type Log, type LogAnswer, type LogRecord } from "../log.js";
import type { ContractCase } from "./contract-case.js";
import type { LogSubject } from "./log-subject.js";
import {
  expectContinued,
  expectNothing,
  expectRecords,
  expectWhole,
  RecordChain,
  recordAfter,
  secondView,
} from "./record-chain.js";

/** Racers for one place, and how often they race. */
const RACERS = 100;
const RACES = 5;

function conflict(answer: LogAnswer): Extract<LogAnswer, { type: "conflict" }>["contents"] {
  assert.equal(answer.type, "conflict");
  return answer.type === "conflict" ? answer.contents : assert.fail();
}

export const appendCases: readonly ContractCase<LogSubject>[] = [
  {
    name: "says what it survives",
    async run({ log }) {
      assert.ok(log.durability === "disk" || log.durability === "shared", log.durability);
    },
  },
  {
    name: "appends at the start and after each record",
    async run(subject) {
      const chain = await new RecordChain(subject.log).grow(20);
      expectWhole(await subject.log.read("c"), chain.records);
      expectWhole(await (await secondView(subject)).read("c"), chain.records);
    },
  },
  {
    name: "appends nothing after a place that is passed, and says what follows it",
    async run(subject) {
      const chain = await new RecordChain(subject.log).grow(5);
      const other = await secondView(subject);
      for (const index of [0, 2, 4]) {
        const after = chain.at(index);
        const answer = await other.append("c", after, recordAfter(after), false);
        expectContinued(conflict(answer), chain.records.slice(index));
      }
      expectWhole(await subject.log.read("c"), chain.records);
    },
  },
  {
    name: "appends nothing after a place that is not there, and says everything",
    async run({ log }) {
      const strange = { index: 3, tag: "of another time" };
      expectNothing(conflict(await log.append("c", strange, recordAfter(strange), true)));
      expectNothing(await log.read("c"));
      const chain = await new RecordChain(log).grow(5);
      const passed = { index: 9, tag: chain.at(5).tag };
      for (const after of [strange, { index: 5, tag: "?" }, { index: 5, tag: "" }, passed]) {
        const contents = conflict(await log.append("c", after, recordAfter(after), false));
        assert.equal(contents.continues, false, JSON.stringify(after));
        expectWhole(contents, chain.records);
      }
      expectWhole(await log.read("c"), chain.records);
    },
  },
  {
    name: "finds a record that is appended again, by its tag",
    async run({ log }) {
      const chain = await new RecordChain(log).grow(2);
      const record = await chain.append();
      await chain.append();
      const contents = conflict(await log.append("c", chain.at(2), record, true));
      expectContinued(contents, chain.records.slice(2));
      assert.equal(contents.records[0]?.tag, record.tag);
      assert.equal(contents.records[0]?.index, record.index);
    },
  },
  {
    name: `lets one of ${RACERS} append that are at the same place`,
    async run(subject) {
      const views = [subject.log, await secondView(subject)];
      const winners: LogRecord[] = [];
      for (let race = 0; race < RACES; race += 1) {
        const after = winners.at(-1) ?? LOG_START;
        const records = Array.from({ length: RACERS }, () => recordAfter(after));
        const answers = await Promise.all(
          records.map((record, i) => (views[i % 2] as Log).append("c", after, record, false)),
        );
        const won = records.filter((_, i) => answers[i]?.type === "appended");
        assert.equal(won.length, 1, "one and no more");
        winners.push(...won);
        for (const answer of answers) {
          if (answer.type === "conflict") expectContinued(answer.contents, won);
        }
      }
      for (const view of views) expectWhole(await view.read("c"), winners);
    },
  },
  {
    name: "reads what follows a place",
    async run(subject) {
      expectNothing(await subject.log.read("c"));
      expectNothing(await subject.log.read("c", LOG_START));
      const chain = await new RecordChain(subject.log).grow(10);
      const other = await secondView(subject);
      for (const index of [0, 1, 5, 9, 10]) {
        expectContinued(await other.read("c", chain.at(index)), chain.records.slice(index));
      }
      for (const index of [0, 1, 10, 11]) {
        const contents = await other.read("c", { index, tag: "of another time" });
        assert.equal(contents.continues, false);
        expectWhole(contents, chain.records);
      }
      const { records } = await other.read("c");
      expectRecords(records, chain.records);
    },
  },
  {
    name: "deletes a channel, which may begin anew",
    async run(subject) {
      const { log } = subject;
      const chain = await new RecordChain(log).grow(5);
      await log.compact("c", chain.snapshot(4), 1);
      await (await secondView(subject)).delete("c");
      expectNothing(await log.read("c"));
      expectNothing(await log.read("c", chain.end));
      expectNothing(conflict(await log.append("c", chain.end, recordAfter(chain.end), false)));
      const anew = await new RecordChain(log).grow(3);
      expectWhole(await log.read("c"), anew.records);
      expectWhole(await log.read("c", chain.at(2)), anew.records);
      await log.delete("c");
      await log.delete("c");
      await log.delete("never there");
      expectNothing(await log.read("c"));
    },
  },
  {
    name: "has everything after it was opened anew",
    async run(subject) {
      if (!subject.reopen) return;
      const chain = await new RecordChain(subject.log).grow(10);
      const other = await new RecordChain(subject.log, "other").grow(3);
      await subject.log.compact("c", chain.snapshot(8), 3);
      const log = await subject.reopen();
      expectWhole(await log.read("c"), chain.records, chain.snapshot(8));
      expectContinued(await log.read("c", chain.at(6)), chain.records.slice(6));
      expectWhole(await log.read("other"), other.records);
      const answer = await log.append("c", chain.end, recordAfter(chain.end), false);
      assert.equal(answer.type, "appended");
    },
  },
];
