import { randomUUID } from "node:crypto";
import type { LogLease, LogLiving } from "@deltawire/server";
import type { LevelDatabase } from "./format.js";
import { channelOf, INCARNATION_KEY, UNFINISHED_RANGE } from "./key.js";

/** Channels that are named as orphans at once. */
const MAX_ORPHANS = 256;

interface Lease {
  readonly until: number;
  readonly channels: readonly string[];
}

/**
 * What a log knows of its servers, and of the channels with unfinished work. Leases are in memory
 * alone: whoever opens the folder next is a process of its own, and the servers before it are gone.
 */
export class LogRegister {
  readonly #leases = new Map<string, Lease>();
  #unfinished = new Set<string>();
  #incarnation = "";

  /** Reads what the database says. Call it before anything is written. */
  async load(database: LevelDatabase): Promise<void> {
    const found = await database.get(INCARNATION_KEY);
    this.#incarnation = found === undefined ? randomUUID() : Buffer.from(found).toString();
    if (found === undefined) {
      await database.put(INCARNATION_KEY, Buffer.from(this.#incarnation), { sync: true });
    }
    const unfinished = new Set<string>();
    for await (const key of database.keys(UNFINISHED_RANGE)) unfinished.add(channelOf(key));
    this.#unfinished = unfinished;
  }

  isUnfinished(channel: string): boolean {
    return this.#unfinished.has(channel);
  }

  /** It is in the database now whether a channel has unfinished work. */
  note(channel: string, unfinished: boolean): void {
    if (unfinished) this.#unfinished.add(channel);
    else this.#unfinished.delete(channel);
  }

  /** @param now milliseconds since 1970 */
  renew({ server, duration, channels }: LogLease, now: number): LogLiving {
    this.#leases.set(server, { until: now + duration, channels });
    for (const [name, { until }] of this.#leases) {
      if (until <= now) this.#leases.delete(name);
    }
    const servers = [...this.#leases.keys()];
    return { now, servers, incarnation: this.#incarnation, orphans: this.#orphans() };
  }

  #orphans(): string[] {
    const kept = new Set<string>();
    for (const { channels } of this.#leases.values()) {
      for (const channel of channels) kept.add(channel);
    }
    const orphans: string[] = [];
    for (const channel of this.#unfinished) {
      if (orphans.length === MAX_ORPHANS) break;
      if (!kept.has(channel)) orphans.push(channel);
    }
    return orphans;
  }
}
