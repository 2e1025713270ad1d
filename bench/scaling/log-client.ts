import process from "node:process";
import { setTimeout as wait } from "node:timers/promises";
import { redisLog } from "@deltawire/redis";
import { LOG_START, type LogPosition, type LogRecord } from "@deltawire/server";
import { Cluster, Redis } from "ioredis";
import { obey } from "../fanout/child.js";
import type { RedisUnderTest } from "./places.js";

/** What a process is told that uses a log as servers do. */
export type LogOrder =
  /** Appends to each channel, the next record once the one before is there. */
  | {
      readonly type: "append";
      /** `bare`: the same bytes by bare XADD, which compares nothing and tells nobody. */
      readonly way: "log" | "bare";
      readonly channels: readonly string[];
      readonly milliseconds: number;
    }
  /** Appends to one channel that others append to, too. */
  | { readonly type: "contend"; readonly channel: string; readonly milliseconds: number }
  /** Renews a lease that names so many channels. */
  | { readonly type: "renew"; readonly channels: number; readonly times: number }
  /** Begins to follow channels. */
  | { readonly type: "follow"; readonly channels: readonly string[] }
  /** Does nothing for a while. */
  | { readonly type: "rest"; readonly milliseconds: number };

export interface LogReport {
  /** Records that were appended, or leases that were renewed. */
  readonly done: number;
  readonly conflicts: number;
  readonly milliseconds: number;
  /** Of this process, in microseconds. */
  readonly cpu: number;
}

const place: RedisUnderTest["place"] = JSON.parse(process.argv[2] ?? "");
/** Bytes of a record's data. */
const data = new Uint8Array(Number(process.argv[3])).fill(120);

const log = redisLog(place);
const options = { enableAutoPipelining: true };
const bare =
  typeof place === "string"
    ? new Redis(place, options)
    : new Cluster([...place.cluster], { ...options, redisOptions: options });

/** Where the log of each channel ends, as far as this process knows. */
const ends = new Map<string, LogPosition>();
let tags = 0;

function recordAfter({ index }: LogPosition): LogRecord {
  tags += 1;
  return { index: index + 1, tag: `${process.pid}-${tags}`.padEnd(12, "x"), data };
}

/** Appends once; returns whether it went on from the end. */
async function append(channel: string): Promise<boolean> {
  const end = ends.get(channel) ?? LOG_START;
  const record = recordAfter(end);
  const answer = await log.append(channel, end, record, true);
  if (answer.type === "appended") {
    learn(channel, record);
    return true;
  }
  const last = answer.contents.records.at(-1) ?? answer.contents.snapshot;
  if (last) learn(channel, last);
  else ends.delete(channel);
  return false;
}

function learn(channel: string, { index, tag }: LogPosition): void {
  if (index > (ends.get(channel)?.index ?? 0)) ends.set(channel, { index, tag });
}

async function appendBare(channel: string): Promise<boolean> {
  const { tag } = recordAfter(LOG_START);
  await bare.xadd(`bare:{${channel}}`, "*", "t", tag, "d", Buffer.from(data.buffer));
  return true;
}

type Counts = Pick<LogReport, "done" | "conflicts">;

/** Does something again and again for each channel, all of them at the same time. */
async function loop(
  channels: readonly string[],
  milliseconds: number,
  once: (channel: string) => Promise<boolean>,
): Promise<Counts> {
  let [done, conflicts] = [0, 0];
  const until = performance.now() + milliseconds;
  const go = async (channel: string) => {
    do {
      if (await once(channel)) done += 1;
      else conflicts += 1;
    } while (performance.now() < until);
  };
  await Promise.all(channels.map(go));
  return { done, conflicts };
}

async function contend(channel: string, milliseconds: number): Promise<Counts> {
  const stop = log.follow(channel, (news) => {
    if (news.type === "record") learn(channel, news.record);
  });
  const counts = await loop([channel], milliseconds, append);
  stop();
  return counts;
}

async function renew(count: number, times: number): Promise<Counts> {
  const channels = Array.from({ length: count }, (_, i) => `kept-${process.pid}-${i}`);
  for (let i = 0; i < times; i++) {
    await log.renew({ server: `server-${process.pid}`, duration: 5000, channels });
  }
  return { done: times, conflicts: 0 };
}

/** Resolves once all of them have been told to read: news comes from then on. */
async function follow(channels: readonly string[]): Promise<Counts> {
  await Promise.all(
    channels.map((channel) => new Promise<void>((told) => log.follow(channel, () => told()))),
  );
  return { done: channels.length, conflicts: 0 };
}

function carryOut(order: LogOrder): Promise<Counts> {
  switch (order.type) {
    case "append": {
      const { channels, milliseconds, way } = order;
      return loop(channels, milliseconds, way === "log" ? append : appendBare);
    }
    case "contend":
      return contend(order.channel, order.milliseconds);
    case "renew":
      return renew(order.channels, order.times);
    case "follow":
      return follow(order.channels);
    case "rest":
      return wait(order.milliseconds, { done: 0, conflicts: 0 });
  }
}

obey({}, async (order: LogOrder): Promise<LogReport> => {
  const cpu = process.cpuUsage();
  const start = performance.now();
  const counts = await carryOut(order);
  const milliseconds = performance.now() - start;
  const { user, system } = process.cpuUsage(cpu);
  return { ...counts, milliseconds, cpu: user + system };
});
