import assert from "node:assert/strict";
import { LOG_START } from "../log.js";
import { channelNames } from "./channel-names.js";
import type { ContractCase } from "./contract-case.js";
import type { LogSubject } from "./log-subject.js";
import { expectNothing, expectWhole, RecordChain, recordAfter } from "./record-chain.js";

/** What a log must hold as it is. */
const DATA: readonly Uint8Array[] = [
  new Uint8Array(0),
  Uint8Array.of(0),
  Uint8Array.from({ length: 256 }, (_, i) => i),
  Uint8Array.of(0xc3, 0x28, 0xff, 0xfe, 0xed, 0xa0, 0x80, 0x0d, 0x0a),
  new TextEncoder().encode("\u{feff}grün\0😀\r\n"),
  Uint8Array.from({ length: 4 * 1024 * 1024 }, (_, i) => (i * 31) >> 3),
];

export const contentCases: readonly ContractCase<LogSubject>[] = [
  {
    name: "holds any bytes, none to 4 MiB",
    async run({ log }) {
      const chain = new RecordChain(log);
      for (const data of DATA) await chain.append(data);
      expectWhole(await log.read("c"), chain.records);
      const whole = DATA.at(-1) ?? assert.fail();
      const snapshot = { ...chain.snapshot(DATA.length), data: whole };
      await log.compact("c", snapshot, 2);
      expectWhole(await log.read("c"), chain.records, snapshot);
    },
  },
  {
    name: "holds a part of a larger buffer as that part",
    async run({ log }) {
      const chain = new RecordChain(log);
      await chain.append(Uint8Array.of(1, 2, 3, 4, 5, 6).subarray(2, 4));
      expectWhole(await log.read("c"), [{ ...chain.end, data: Uint8Array.of(3, 4) }]);
    },
  },
  {
    name: "takes every name of a channel, and keeps them apart",
    async run({ log }) {
      const chains = channelNames.map((name) => new RecordChain(log, name));
      for (const chain of chains) await chain.grow(2);
      for (const chain of chains) await chain.append();
      for (const chain of chains) expectWhole(await log.read(chain.channel), chain.records);
      for (const [i, chain] of chains.entries()) {
        if (i % 2 === 0) await log.delete(chain.channel);
        else await log.compact(chain.channel, chain.snapshot(2), 0);
      }
      for (const [i, chain] of chains.entries()) {
        const contents = await log.read(chain.channel);
        if (i % 2 === 0) expectNothing(contents);
        else expectWhole(contents, chain.records, chain.snapshot(2));
      }
    },
  },
  {
    name: "does a thousand things at once in many channels",
    async run({ log }) {
      const chains = Array.from({ length: 50 }, (_, i) => new RecordChain(log, `channel ${i}`));
      await Promise.all(chains.map((chain) => chain.grow(20)));
      const all = await Promise.all(chains.map((chain) => log.read(chain.channel)));
      for (const [i, contents] of all.entries()) expectWhole(contents, chains[i]?.records ?? []);
      const late = await log.append("channel 1", LOG_START, recordAfter(LOG_START), false);
      assert.equal(late.type, "conflict");
    },
  },
];
