import process from "node:process";
import type {
  ChannelSave,
  Log,
  LogAnswer,
  LogContents,
  LogLease,
  LogLiving,
  LogNews,
  LogPosition,
  LogRecord,
  SaveAnswer,
  Store,
  StoredChannel,
  StoredMessage,
  StorePage,
} from "@deltawire/server";
import type { Point, Trap } from "./requests.js";

/** Ends this process at one point of its work, as `kill -9` does. */
export class Traps {
  readonly #dying: () => void;
  #point: Point | undefined;
  #since = 0;
  readonly passed: Partial<Record<Trap, number>> = {};

  /** @param dying called right before */
  constructor(dying: () => void) {
    this.#dying = dying;
  }

  set(point: Point | undefined): void {
    this.#point = point;
    this.#since = 0;
  }

  /** The work is at a point. */
  pass(trap: Trap): void {
    this.passed[trap] = (this.passed[trap] ?? 0) + 1;
    if (trap !== this.#point?.trap) return;
    this.#since += 1;
    if (this.#since !== this.#point.count) return;
    this.#dying();
    process.kill(process.pid, "SIGKILL");
  }
}

/** A log, with traps around its calls. */
export class TrappedLog implements Log {
  readonly #log: Log;
  readonly #traps: Traps;

  constructor(log: Log, traps: Traps) {
    this.#log = log;
    this.#traps = traps;
  }

  get durability(): "disk" | "shared" {
    return this.#log.durability;
  }

  renew(lease: LogLease): Promise<LogLiving> {
    return this.#log.renew(lease);
  }

  async append(
    channel: string,
    after: LogPosition,
    record: LogRecord,
    unfinished: boolean,
  ): Promise<LogAnswer> {
    this.#traps.pass("before append");
    const answer = this.#log.append(channel, after, record, unfinished);
    // By then it is on its way, and its answer perhaps too.
    setImmediate(() => setImmediate(() => this.#traps.pass("during append")));
    const known = await answer;
    this.#traps.pass("after append");
    return known;
  }

  async read(channel: string, after?: LogPosition): Promise<LogContents> {
    const contents = await this.#log.read(channel, after);
    this.#traps.pass("after read");
    return contents;
  }

  async compact(channel: string, snapshot: LogRecord, keep: number): Promise<void> {
    this.#traps.pass("before compaction");
    await this.#log.compact(channel, snapshot, keep);
    this.#traps.pass("after compaction");
  }

  follow(channel: string, tell: (news: LogNews) => void): () => void {
    return this.#log.follow(channel, tell);
  }

  delete(channel: string): Promise<void> {
    return this.#log.delete(channel);
  }
}

/** A store, with a trap behind its saves. */
export class TrappedStore implements Store {
  readonly #store: Store;
  readonly #traps: Traps;

  constructor(store: Store, traps: Traps) {
    this.#store = store;
    this.#traps = traps;
  }

  load(channel: string): Promise<StoredChannel | undefined> {
    return this.#store.load(channel);
  }

  async save(saves: readonly ChannelSave[]): Promise<readonly SaveAnswer[]> {
    const answers = await this.#store.save(saves);
    this.#traps.pass("after save");
    return answers;
  }

  page(channel: string, page: StorePage): Promise<readonly StoredMessage[]> {
    return this.#store.page(channel, page);
  }

  delete(channel: string): Promise<void> {
    return this.#store.delete(channel);
  }
}
