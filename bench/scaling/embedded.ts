import { open } from "node:fs/promises";
import { join } from "node:path";
import { level } from "@deltawire/level";
import { LOG_START, type Log, type LogPosition } from "@deltawire/server";
import type { AppendsRow, Effort, Named } from "../results.js";
import { Rounds, type Sample } from "../statistics.js";
import { RECORD } from "./clients.js";

interface Plan {
  readonly rounds: number;
  /** Of one measurement. */
  readonly milliseconds: number;
}

const PLANS: Readonly<Record<Effort, Plan>> = {
  smallest: { rounds: 1, milliseconds: 50 },
  quick: { rounds: 3, milliseconds: 200 },
  full: { rounds: 7, milliseconds: 1000 },
};

/** Channels that are written at once. */
const CHANNELS = [1, 100] as const;

const data = new Uint8Array(RECORD).fill(120);

/**
 * Appends a second to LevelDB, in this process: beside writing the same bytes to the end of a file.
 *
 * @param folder where there is nothing yet
 * @param sync see `level`; where it is 0 the file is synced after each record as well
 */
export async function measureEmbedded(
  folder: string,
  sync: number | undefined,
  effort: Effort,
): Promise<Named<AppendsRow>> {
  const { rounds, milliseconds } = PLANS[effort];
  const { log, close } = level(folder, sync === undefined ? {} : { sync });
  const file = await open(join(folder, "..", `bare-${sync ?? "later"}`), "a");
  const append = appenderTo(log);
  const bare = async () => {
    await file.write(data);
    if (sync === 0) await file.datasync();
  };
  const things = CHANNELS.map((channels) => async () => ({
    ...(await sampleOf(`${channels} log`, channels, milliseconds, append)),
    ...(await sampleOf(`${channels} bare`, 1, milliseconds, bare)), // a file has one end
  }));
  try {
    const found = await Rounds.gather(rounds, 1, things);
    return Object.fromEntries(CHANNELS.map((count) => [`${count}x1`, rowOf(found, count)]));
  } finally {
    await Promise.all([close(), file.close()]);
  }
}

function appenderTo(log: Log): (channel: number) => Promise<void> {
  const ends = new Map<number, LogPosition>();
  return async (channel) => {
    const end = ends.get(channel) ?? LOG_START;
    const at = { index: end.index + 1, tag: `${channel}-${end.index}`.padEnd(12, "x") };
    const answer = await log.append(`${channel}`, end, { ...at, data }, true);
    if (answer.type === "conflict") throw new Error("somebody else has appended");
    ends.set(channel, at);
  };
}

async function sampleOf(
  name: string,
  channels: number,
  milliseconds: number,
  append: (channel: number) => Promise<void>,
): Promise<Sample> {
  let done = 0;
  const cpu = process.cpuUsage();
  const start = performance.now();
  const go = async (_: unknown, channel: number) => {
    while (performance.now() < start + milliseconds) {
      await append(channel);
      done += 1;
    }
  };
  await Promise.all(Array.from({ length: channels }, go));
  const elapsed = performance.now() - start;
  const { user, system } = process.cpuUsage(cpu);
  return { [`${name} rate`]: (1000 * done) / elapsed, [`${name} cpu`]: (user + system) / done };
}

const rowOf = (found: Rounds, channels: number): AppendsRow => ({
  perSecond: found.of(`${channels} log rate`),
  cpu: found.of(`${channels} log cpu`),
  toBare: {
    perSecond: found.ratio(`${channels} log rate`, `${channels} bare rate`),
    cpu: found.ratio(`${channels} log cpu`, `${channels} bare cpu`),
  },
});
