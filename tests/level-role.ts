import { randomUUID } from "node:crypto";
import { writeSync } from "node:fs";
import process from "node:process";
import { level } from "@deltawire/level";
import { LOG_START, type LogPosition } from "@deltawire/server";

// Writes to a data folder until it is killed, and reports on stdout what has resolved: each line as
// soon as that is so, and with a call that returns when the system has it. Run by
// tests/level-kill.test.ts.

const [folder = "", channels = "1", sync = "1000"] = process.argv.slice(2);
const { log, store } = level(folder, { sync: Number(sync) });

const report = (...fields: (string | number)[]): void => {
  writeSync(1, `${fields.join(" ")}\n`);
};

const random = (below: number): number => Math.floor(Math.random() * below);

/** Appends record after record; the first byte of one says whether it leaves unfinished work. */
async function append(channel: string): Promise<void> {
  const found = await log.read(channel);
  let end: LogPosition = found.records.at(-1) ?? found.snapshot ?? LOG_START;
  for (;;) {
    const data = new Uint8Array(1 + random(random(10) === 0 ? 40_000 : 200)).fill(end.index);
    data[0] = random(2);
    const record = { index: end.index + 1, tag: randomUUID(), data };
    const { type } = await log.append(channel, end, record, data[0] === 1);
    if (type !== "appended") throw new Error(`${channel} ${record.index}: ${type}`);
    end = record;
    report("appended", channel, record.index, record.tag);
    if (random(30) > 0) continue;
    await log.compact(channel, { ...record, data: Uint8Array.of(7) }, random(10));
    report("compacted", channel, record.index, record.tag);
  }
}

/** Saves a message that counts its saves, mostly by patches. */
async function save(channel: string): Promise<void> {
  let { seq } = (await store.load(channel)) ?? { seq: 0 };
  for (;;) {
    const since = seq;
    seq += 1;
    const changes = [{ type: "message_patch", id: "m", status: "streaming" }] as const;
    const content = {
      id: "m",
      generation: seq,
      role: "r",
      status: "streaming",
      parts: [],
    } as const;
    const isWhole = since === 0 || random(20) === 0;
    const message = isWhole
      ? ({ type: "whole", order: 1, message: content } as const)
      : ({ type: "patch", id: "m", since, changes } as const);
    const own = { channel, epoch: "e", seq, attributes: {}, messages: [message], removed: [] };
    const [answer] = await store.save([own]);
    if (answer !== "saved") throw new Error(`${channel} ${seq}: ${answer}`);
    report("saved", channel, seq);
  }
}

const names = Array.from({ length: Number(channels) }, (_, i) => `channel-${i}`);
await Promise.all(names.flatMap((name) => [append(name), save(name)]));
