import { open, readdir } from "node:fs/promises";
import { join } from "node:path";
import type { LevelDatabase } from "./format.js";
import { SYNC_KEY } from "./key.js";

/** The write-ahead logs of LevelDB, by their numbers in the order in which they were begun. */
const WRITE_AHEAD_LOG = /^\d+\.log$/;

/**
 * Brings everything that was written so far to the disk.
 *
 * LevelDB's synced write covers the write-ahead log that it is using. One that it has just turned
 * away from, since it was full, is neither synced nor in a table yet: that one is synced here.
 */
export async function syncDatabase(database: LevelDatabase, folder: string): Promise<void> {
  await database.put(SYNC_KEY, new Uint8Array(), { sync: true });
  const logs = (await readdir(folder)).filter((name) => WRITE_AHEAD_LOG.test(name)).sort();
  for (const name of logs.slice(0, -1)) await syncFile(join(folder, name));
}

async function syncFile(path: string): Promise<void> {
  const file = await open(path, "r+").catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return undefined; // it is in a table by now, synced
    throw error;
  });
  if (file === undefined) return;
  try {
    await file.datasync();
  } finally {
    await file.close();
  }
}

/** Sees to it that what was written is synced within a time. */
export class SyncWindow {
  readonly #window: number;
  readonly #sync: () => Promise<void>;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #syncing: Promise<void> = Promise.resolve();

  /**
   * @param window milliseconds from a write to the begin of its sync
   * @param sync rejects where it failed: it is tried again after the next window
   */
  constructor(window: number, sync: () => Promise<void>) {
    this.#window = window;
    this.#sync = sync;
  }

  /** Something was written that is not synced. */
  wrote(): void {
    this.#timer ??= setTimeout(() => {
      this.#syncing = this.#run();
    }, this.#window);
  }

  /** Syncs what is not, at once. */
  async end(): Promise<void> {
    await this.#syncing;
    if (this.#timer === undefined) return;
    clearTimeout(this.#timer);
    this.#timer = undefined;
    await this.#sync();
  }

  async #run(): Promise<void> {
    this.#timer = undefined; // what is written from now on may miss this sync
    await this.#sync().catch(() => this.wrote());
  }
}
