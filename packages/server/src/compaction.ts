import type { ChannelEngine } from "./engine/channel-engine.js";
import { encodeSnapshot } from "./engine/record.js";
import type { Log, LogPosition } from "./log.js";

/** Bytes of records after which a snapshot is made; more where the snapshot itself is larger. */
const LEAST = 256 * 1024;

/** Records that are kept behind a snapshot, for consumers that come back. */
const KEPT = 256;

/**
 * Puts snapshots in the place of records. What that costs is a part of what the records cost: the
 * larger the channel, the more of them come between two snapshots.
 */
export class Compaction {
  readonly #channel: string;
  readonly #log: Log;
  #records = 0;
  #snapshot = 0;
  #isRunning = false;

  constructor(channel: string, log: Log) {
    this.#channel = channel;
    this.#log = log;
  }

  /** The log was read: bytes of its snapshot, and of the records after it. */
  reset(size: { readonly snapshot: number; readonly records: number }): void {
    this.#snapshot = size.snapshot;
    this.#records = size.records;
  }

  /** A record was appended. */
  add(bytes: number): void {
    this.#records += bytes;
  }

  /** Whether there are so many records that a snapshot is worth its while. */
  get isDue(): boolean {
    return !this.#isRunning && this.#records >= Math.max(LEAST, this.#snapshot);
  }

  /**
   * Where this fails the log grows on, and the next record is reason enough to try again.
   *
   * @throws what the log throws, by rejection
   */
  async run(
    engine: ChannelEngine,
    { index, tag }: LogPosition,
    isStored: Parameters<ChannelEngine["snapshot"]>[0],
  ): Promise<void> {
    if (this.#isRunning || this.#records === 0) return;
    this.#isRunning = true;
    const covered = this.#records;
    try {
      const data = encodeSnapshot(engine.snapshot(isStored));
      await this.#log.compact(this.#channel, { index, tag, data }, KEPT);
      this.#records -= covered;
      this.#snapshot = data.length;
    } finally {
      this.#isRunning = false;
    }
  }
}
