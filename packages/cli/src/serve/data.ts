import type { Log, Store } from "@deltawire/server";
import type { DataSettings } from "./data-settings.js";
import type { RedisPlace } from "./redis-place.js";
import { type Needed, type Patience, untilThere } from "./waiting.js";

/** A log and a store that answer. Whoever has them closes them. */
export interface OpenData {
  readonly log?: Log;
  readonly store?: Store;
  close(): Promise<void>;
}

/** A channel that nobody has: asking for it tells whether a log answers. */
const NO_CHANNEL = "deltawire serve";

/**
 * Opens what the settings name, and waits until it answers. Only the packages that are asked for are
 * loaded.
 *
 * @returns undefined where everything stays in memory, or waiting was ended
 * @throws by rejection: StartError
 */
export async function openData(
  { folder, redis, postgres }: DataSettings,
  patience: Patience,
): Promise<OpenData | undefined> {
  const closing: (() => Promise<void>)[] = [];
  const close = async (): Promise<void> => {
    // The store first: what is saved there may be told to the log.
    for (const each of closing.splice(0).reverse()) await each();
  };
  let log: Log | undefined;
  let store: Store | undefined;
  const needed: Needed[] = [];
  const askLog = (opened: Log) => () => opened.read(NO_CHANNEL);
  if (folder !== undefined) {
    const { level } = await import("@deltawire/level");
    const data = level(folder);
    ({ log, store } = data);
    closing.push(() => data.close());
    needed.push({ name: "the data folder", flag: "--data", ask: askLog(data.log) });
  }
  if (redis !== undefined) {
    const { redisLog } = await import("@deltawire/redis");
    const opened = redisLog(redis);
    log = opened;
    closing.push(() => opened.close());
    const name = `Redis at ${redisName(redis)}`;
    needed.push({ name, flag: "--redis", ask: askLog(opened) });
  }
  if (postgres !== undefined) {
    const { postgresStore } = await import("@deltawire/postgres");
    const opened = postgresStore(postgres);
    store = opened;
    closing.push(() => opened.close());
    needed.push(neededPostgres(postgres, () => opened.migrate()));
  }
  try {
    for (const each of needed) {
      if (!(await untilThere(each, patience))) {
        await close();
        return undefined;
      }
    }
  } catch (error) {
    await close().catch(() => undefined); // why it failed is told already
    throw error;
  }
  if (!log && !store) return undefined;
  return { ...(log && { log }), ...(store && { store }), close };
}

/** PostgreSQL as something to wait for. */
export function neededPostgres(url: string, ask: () => Promise<unknown>): Needed {
  return { name: `PostgreSQL at ${hostOf(url)}`, flag: "--postgres", ask };
}

/** Without the secrets in it. */
function redisName(place: RedisPlace): string {
  if (typeof place === "string") return hostOf(place);
  const hosts = "cluster" in place ? place.cluster.map(hostOf) : place.sentinels;
  return hosts.join(",");
}

function hostOf(url: string): string {
  return /^[^/]*\/\/(?:[^/]*@)?([^/?]*)/.exec(url)?.[1] || "its default place";
}
