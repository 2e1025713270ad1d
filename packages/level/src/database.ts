import { mkdir } from "node:fs/promises";
import { dirname, resolve } from "node:path";
import { DeltawireError } from "@deltawire/server";
import { type BatchOperation, ClassicLevel } from "classic-level";
import { failure } from "./failure.js";
import { type LevelDatabase, prepareFormat } from "./format.js";
import { SyncWindow, syncDatabase } from "./sync-window.js";

/** One put or deletion of a batch. */
export type Write =
  | { readonly type: "put"; readonly key: Uint8Array; readonly value: Uint8Array }
  | { readonly type: "del"; readonly key: Uint8Array };

/** What is written in one batch, and who waits for it. */
interface PendingWrite {
  readonly writes: readonly Write[];
  readonly settle: (error?: DeltawireError) => void;
}

/** Milliseconds after a failed opening before the next one is tried. */
const REOPEN_AFTER = 250;

/** Writes that are gathered into one batch at most: what fails, fails them all. */
const MAX_GATHERED = 1000;

/**
 * The database of a folder, which opens by itself and opens again after a failure.
 *
 * 1. Of calls that are made while a batch is on its way, the writes go together in the next one.
 * 2. A write that failed may lie in the write-ahead log in part, where what follows it could get
 *    lost, or whole, where it comes to light at the next opening. So nothing follows it: the
 *    database is opened again, and what is there then is what counts. See {@link life}.
 */
export class Database {
  readonly folder: string;
  readonly #prepare: (database: LevelDatabase) => Promise<void>;
  readonly #window: SyncWindow | undefined;
  #pending: PendingWrite[] = [];
  #writing: Promise<void> | undefined;
  #opening: Promise<LevelDatabase> | undefined;
  #refusal: { readonly error: DeltawireError; readonly until: number } | undefined;
  #closing: Promise<void> | undefined;
  #life = 0;

  /**
   * @param sync milliseconds after which a write is synced; 0: each one is
   * @param prepare is called with the database each time that it was opened, before anything else is
   */
  constructor(
    folder: string,
    sync: number,
    prepare: (database: LevelDatabase) => Promise<void> = async () => {},
  ) {
    this.folder = resolve(folder);
    this.#prepare = prepare;
    this.#window = sync > 0 ? new SyncWindow(sync, () => this.#sync()) : undefined;
    this.#open().catch(() => {}); // the first call that needs it says why
  }

  /** Counts failed writes. What was read before one is not sure to be what is there after it. */
  get life(): number {
    return this.#life;
  }

  /**
   * Writes all of it or nothing.
   *
   * @throws DeltawireError where it is not sure to be there; it may be
   */
  write(writes: readonly Write[]): Promise<void> {
    return new Promise((done, failed) => {
      const settle = (error?: DeltawireError): void => (error ? failed(error) : done());
      if (this.#closing) return settle(this.#closed());
      this.#pending.push({ writes, settle });
      this.#writing ??= this.#writePending();
    });
  }

  /** Reads, and reads again where a write failed meanwhile and the database was closed for it. */
  async read<T>(reader: (database: LevelDatabase) => Promise<T>): Promise<T> {
    for (;;) {
      if (this.#closing) throw this.#closed();
      const database = await this.#open();
      const life = this.#life;
      try {
        return await reader(database);
      } catch (error) {
        if (life === this.#life) throw failure(this.folder, error);
      }
    }
  }

  /** Waits for what is being written, syncs it and closes. Calls after it are refused. */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    await this.#writing;
    try {
      await this.#window?.end();
    } catch (error) {
      throw failure(this.folder, error);
    } finally {
      const database = await this.#opening?.catch(() => undefined);
      await database?.close();
    }
  }

  #closed(): DeltawireError {
    return new DeltawireError("closed", `the data folder ${this.folder} was closed`);
  }

  #open(): Promise<LevelDatabase> {
    if (this.#opening !== undefined) return this.#opening;
    const refusal = this.#refusal;
    if (refusal && performance.now() < refusal.until) return Promise.reject(refusal.error);
    return this.#become(this.#openAnew());
  }

  /** The database is what this leads to, until it fails. */
  #become(opening: Promise<LevelDatabase>): Promise<LevelDatabase> {
    this.#opening = opening;
    opening.catch((error: DeltawireError) => {
      this.#opening = undefined;
      this.#refusal = { error, until: performance.now() + REOPEN_AFTER };
    });
    return opening;
  }

  async #openAnew(): Promise<LevelDatabase> {
    await makeFolder(this.folder).catch((error: unknown) => {
      throw failure(this.folder, error);
    });
    const encoding = { keyEncoding: "view", valueEncoding: "view" };
    const database = new ClassicLevel<Uint8Array, Uint8Array>(this.folder, encoding);
    try {
      await database.open();
      await prepareFormat(database, this.folder);
      await this.#prepare(database);
      return database;
    } catch (error) {
      await database.close();
      throw failure(this.folder, error);
    }
  }

  async #writePending(): Promise<void> {
    while (this.#pending.length > 0) {
      const gathered = this.#pending.splice(0, MAX_GATHERED);
      const error = await this.#writeNow(gathered.flatMap(({ writes }) => writes));
      for (const { settle } of gathered) settle(error);
    }
    this.#writing = undefined;
  }

  async #writeNow(writes: readonly Write[]): Promise<DeltawireError | undefined> {
    let database: LevelDatabase | undefined;
    try {
      database = await this.#open();
      const batch: BatchOperation<LevelDatabase, Uint8Array, Uint8Array>[] = [...writes];
      await database.batch(batch, { sync: this.#window === undefined });
      this.#window?.wrote();
      return undefined;
    } catch (error) {
      if (database) this.#abandon(database);
      return failure(this.folder, error);
    }
  }

  async #sync(): Promise<void> {
    const database = await this.#open();
    try {
      await syncDatabase(database, this.folder);
    } catch (error) {
      this.#abandon(database);
      throw error;
    }
  }

  /** Leaves what a write has failed in, and opens again: see 2. */
  #abandon(database: LevelDatabase): void {
    if (database.status !== "open") return; // a write and a sync have failed in it
    this.#life += 1;
    const closed = database.close().catch(() => {});
    this.#become(closed.then(() => this.#openAnew())).catch(() => {});
  }
}

/**
 * Makes a folder, and those above it. Node's own way of doing that never ends where a folder is there
 * in which none can be made, as in /proc.
 */
async function makeFolder(path: string): Promise<void> {
  for (const isLast of [false, true]) {
    try {
      await mkdir(path);
      return;
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException; // mkdir rejects with nothing else
      if (code === "EEXIST") return; // where it is no folder, opening it says so
      if (code !== "ENOENT" || isLast) throw error;
      await makeFolder(dirname(path));
    }
  }
}
