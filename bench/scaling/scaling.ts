import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { AppendsRow, CostRow, Effort, Named, Scaling } from "../results.js";
import { measureAppends, measureTool } from "./appends.js";
import { measureChannel } from "./channels.js";
import { Clients } from "./clients.js";
import { measureEmbedded } from "./embedded.js";
import { measureFrames } from "./frames.js";
import { measurePaths } from "./paths.js";
import { oneRedis, type RedisUnderTest, threeMasters } from "./places.js";
import type { LogPlace } from "./server.js";
import { measureContention, measureUpkeep } from "./sharing.js";

/** Processes that use a log together, at most. */
const PROCESSES: Readonly<Record<Effort, number>> = { smallest: 2, quick: 4, full: 4 };

type Progress = (line: string) => void;

/**
 * What it takes to grow: appends a second through each log, what a channel holds, what servers that
 * share a log do for each other, and what the way over two of them adds. What needs Redis is left
 * out where there is none, which is said loudly.
 *
 * @param progress what is done now, for people
 */
export async function measureScaling(
  effort: Effort,
  progress: Progress = () => undefined,
): Promise<Scaling> {
  const folder = await mkdtemp(join(tmpdir(), "deltawire-bench-"));
  const redis = await oneRedis();
  try {
    const embedded = await embeddedLogs(folder, effort, progress);
    const shared = redis && (await sharedLog(redis, effort, progress));
    const cluster = redis && effort !== "smallest" ? await clusteredLog(effort, progress) : {};
    await redis?.clear(); // servers would see to channels that nobody else sees to
    const channels = await heldChannels(redis, folder, effort, progress);
    progress("scaling: frames of many channels");
    const frames = redis && (await measureFrames(redis, effort));
    progress("scaling: from producers to consumers");
    const paths = await measurePaths(redis, join(folder, "paths"), effort);
    return {
      appends: { ...embedded, ...shared?.appends, ...cluster },
      ...(shared && { contention: shared.contention }),
      costs: { ...channels, ...frames, ...shared?.costs },
      paths,
    };
  } finally {
    await redis?.stop();
    await rm(folder, { recursive: true, force: true });
  }
}

async function embeddedLogs(
  folder: string,
  effort: Effort,
  progress: Progress,
): Promise<Scaling["appends"]> {
  progress("scaling: appends to LevelDB");
  return {
    level: await measureEmbedded(join(folder, "later"), undefined, effort),
    "level-synced": await measureEmbedded(join(folder, "synced"), 0, effort),
  };
}

async function sharedLog(
  redis: RedisUnderTest,
  effort: Effort,
  progress: Progress,
): Promise<Required<Pick<Scaling, "appends" | "contention" | "costs">>> {
  const tool: CostRow = {
    what: "bare XADDs by Redis' own tool, 100 in a packet",
    value: await measureTool(redis),
    unit: "/s",
  };
  return Clients.with(redis, PROCESSES[effort], async (clients) => {
    progress("scaling: appends to Redis");
    const appends: Named<AppendsRow> = await measureAppends(clients, effort);
    progress("scaling: servers that write to one channel");
    const contention = await measureContention(clients, effort);
    progress("scaling: what servers do for each other");
    const costs = { ...(await measureUpkeep(redis, clients, effort)), tool };
    return { appends: { redis: appends }, contention, costs };
  });
}

async function clusteredLog(effort: Effort, progress: Progress): Promise<Scaling["appends"]> {
  progress("scaling: appends to a cluster of three masters");
  const cluster = await threeMasters();
  if (!cluster) return {};
  try {
    const measure = (clients: Clients) => measureAppends(clients, effort);
    return { cluster: await Clients.with(cluster, PROCESSES[effort], measure) };
  } finally {
    await cluster.stop();
  }
}

async function heldChannels(
  redis: RedisUnderTest | undefined,
  folder: string,
  effort: Effort,
  progress: Progress,
): Promise<Named<CostRow>> {
  const places: Readonly<Record<string, LogPlace>> = {
    "in memory": { type: "memory" },
    "in LevelDB": { type: "level", folder: join(folder, "channels") },
    ...(redis && { "in Redis": { type: "redis", place: redis.place } }),
  };
  const rows: [string, CostRow][] = [];
  for (const [name, place] of Object.entries(places)) {
    progress(`scaling: channels ${name}`);
    const what = `memory of a server for a loaded channel of 1 KB, its log ${name}`;
    const value = await measureChannel(place, effort);
    rows.push([`channel-${place.type}`, { what, value, unit: "B" }]);
  }
  return Object.fromEntries(rows);
}
