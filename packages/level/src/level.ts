import type { Log, Store } from "@deltawire/server";
import { Database } from "./database.js";
import { LevelLog } from "./level-log.js";
import { LevelStore } from "./level-store.js";
import { LogRegister } from "./log-register.js";

/** Milliseconds from a write to the begin of its sync, unless told otherwise. */
const DEFAULT_SYNC = 1000;

/** How {@link level} keeps its data. */
export interface LevelOptions {
  /**
   * Milliseconds after a write at which the disk is told to have it (fsync), at the latest: what a
   * power failure may take. The death of the process takes nothing. 0: before each write is
   * acknowledged.
   *
   * @default 1000
   */
  readonly sync?: number;
}

/** A log and a store in one folder, for `createServer({ data })`. */
export interface LevelData {
  readonly log: Log;
  readonly store: Store;
  /**
   * Waits for what is being written, syncs it and lets go of the folder. Calls after it are refused
   * with `closed`.
   *
   * @throws DeltawireError where the sync failed
   */
  close(): Promise<void>;
}

/**
 * Keeps channels in a folder of this machine, in LevelDB: a server that uses it goes on after its own
 * restart as if nothing had been. One process at a time may use a folder.
 *
 * It returns at once. The folder is opened behind it, and calls wait for that; what is wrong with the
 * folder is what they reject with, and they try again. Those are DeltawireErrors that name the folder
 * and what to do: `overloaded` for a full disk and for a folder that is open elsewhere, `forbidden`
 * for one that may not be written, `unsupported_version` for one that a newer version wrote,
 * `internal` for one that is damaged.
 *
 * @param folder made where it is not there; relative to the working directory
 * @throws RangeError for a `sync` that is no time
 */
export function level(folder: string, options: LevelOptions = {}): LevelData {
  const { sync = DEFAULT_SYNC } = options;
  if (!(sync >= 0 && sync < 2 ** 31)) {
    throw new RangeError(`level(): sync is milliseconds, 0 or more, and not ${sync}`);
  }
  const register = new LogRegister();
  const database = new Database(folder, sync, (opened) => register.load(opened));
  return {
    log: new LevelLog(database, register),
    store: new LevelStore(database),
    close: () => database.close(),
  };
}
