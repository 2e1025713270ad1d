import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import type { ConsumersOrder } from "./stalled-consumers.js";
import type { ServerOrder } from "./stalled-server.js";
import { type Figure, figureOf } from "./statistics.js";

/** Consumers that stall in each run, and runs of each. */
const STALLED = [0, 20, 100, 200] as const;
const LIVE = 3;

/** What a server takes while some of its consumers do not read. */
interface StalledRun {
  readonly stalled: number;
  /** Kilobytes by which the server's process has grown, as the operating system counts it. */
  readonly kilobytes: number;
  /** Milliseconds from an append to a live consumer's state. */
  readonly p50: number;
  readonly p99: number;
  /** Whether all of them held what the server held, after they had read again. */
  readonly equal: boolean;
}

/** What stalled consumers of a channel of 20 MB cost. */
export interface StalledReport {
  readonly runs: readonly { readonly stalled: number; readonly kilobytes: Figure }[];
  /** Kilobytes for each stalled consumer: the slope of the medians, by least squares. */
  readonly slope: number;
  readonly p50: readonly number[];
  readonly equal: boolean;
}

interface Answer {
  readonly url: string;
  readonly seq: number;
  readonly crc32: number;
  readonly right: number;
  readonly p50: number;
  readonly p99: number;
}

const script = (name: string): string => fileURLToPath(new URL(name, import.meta.url));

/** What a child says next. @throws Error where it ends instead */
async function answer(child: ChildProcess): Promise<Answer> {
  const [said] = await Promise.race([once(child, "message"), once(child, "exit")]);
  if (typeof said === "object" && said !== null) return said;
  throw new Error(`a process of the benchmark ended early, with ${said}`);
}

async function ask(child: ChildProcess, order: ServerOrder | ConsumersOrder): Promise<Answer> {
  child.send(order);
  return answer(child);
}

/** What a server's process holds once it has collected its garbage. */
async function settled(server: ChildProcess): Promise<number> {
  await ask(server, "collect");
  await new Promise((later) => setTimeout(later, 500)); // for pages to go back
  return residentOf(server);
}

/** Resident memory of another process, in kilobytes; read by the system's own file on Linux. */
function residentOf({ pid }: ChildProcess): number {
  const status = readFileSync(`/proc/${pid}/status`, "utf8");
  return Number(/^VmRSS:\s+(\d+) kB/m.exec(status)?.[1]);
}

async function run(stalled: number, drains: boolean): Promise<StalledRun> {
  const execArgv = [...process.execArgv, "--expose-gc"];
  const server = fork(script("./stalled-server.ts"), { execArgv });
  const { url } = await answer(server);
  const consumers = fork(script("./stalled-consumers.ts"), [url]);
  try {
    await answer(consumers);
    const before = await settled(server);
    await ask(consumers, { type: "join", stalled, live: LIVE });
    await ask(server, "append");
    const kilobytes = (await settled(server)) - before;
    const { seq, crc32 } = await ask(server, "digest");
    const { right, p50, p99 } = await ask(consumers, { type: "drain", seq, crc32, drains });
    return { stalled, kilobytes, p50, p99, equal: right === LIVE + (drains ? stalled : 0) };
  } finally {
    server.kill();
    consumers.kill();
  }
}

/** Runs every number of stalled consumers `rounds` times, in turn; in the first all read again. */
export async function measureStalled(rounds: number): Promise<StalledReport> {
  const runs: StalledRun[] = [];
  for (let round = 0; round < rounds; round++) {
    for (const stalled of STALLED) runs.push(await run(stalled, round === 0));
  }
  const of = (stalled: number) => runs.filter((run) => run.stalled === stalled);
  const points = STALLED.map((stalled) => ({
    stalled,
    kilobytes: figureOf(of(stalled).map(({ kilobytes }) => kilobytes)),
  }));
  return {
    runs: points,
    slope: slopeOf(points.map(({ stalled, kilobytes }) => [stalled, kilobytes.median])),
    p50: STALLED.map((stalled) => figureOf(of(stalled).map(({ p50 }) => p50)).median),
    equal: runs.every(({ equal }) => equal),
  };
}

/** By least squares. */
function slopeOf(points: readonly (readonly [number, number])[]): number {
  const mean = (pick: (point: readonly [number, number]) => number) =>
    points.reduce((sum, point) => sum + pick(point), 0) / points.length;
  const [x, y] = [mean(([at]) => at), mean(([, value]) => value)];
  const over = points.reduce((sum, [at, value]) => sum + (at - x) * (value - y), 0);
  return over / points.reduce((sum, [at]) => sum + (at - x) ** 2, 0);
}

/** The report, for people. */
export function stalledText({ runs, slope, p50, equal }: StalledReport): string {
  const rows = runs.map(({ stalled, kilobytes: { median, low, high } }, i) => {
    const memory = `${(median / 1024).toFixed(1)} MB (${(low / 1024).toFixed(1)} to ${(high / 1024).toFixed(1)})`;
    return `${String(stalled).padStart(4)} stalled  server grew by ${memory}  live p50 ${p50[i]?.toFixed(1)} ms`;
  });
  const verdict = equal
    ? "All of them were right after they had read again."
    : "NOT ALL WERE RIGHT.";
  const each = `${slope.toFixed(1)} KB for each stalled consumer of 20 MB, budget 50`;
  return `${rows.join("\n")}\n\n${each}\n${verdict}`;
}
