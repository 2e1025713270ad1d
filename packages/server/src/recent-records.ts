import type { LogRecord } from "./log.js";

/** How many of the latest records are kept, and bytes of them. */
const MAX_RECORDS = 256;
const MAX_BYTES = 256 * 1024;

/** The latest records of a channel: a log that has lost them, and nothing else, gets them again. */
export class RecentRecords {
  #records: LogRecord[] = [];
  readonly #tags = new Set<string>();
  #bytes = 0;

  reset(records: readonly LogRecord[]): void {
    this.#records = [];
    this.#tags.clear();
    this.#bytes = 0;
    for (const record of records) this.add(record);
  }

  add(record: LogRecord): void {
    this.#records.push(record);
    this.#tags.add(record.tag);
    this.#bytes += record.data.length;
    while (this.#records.length > MAX_RECORDS || this.#bytes > MAX_BYTES) {
      const oldest = this.#records.shift();
      this.#bytes -= oldest?.data.length ?? 0;
      if (oldest) this.#tags.delete(oldest.tag);
    }
  }

  /** Whether one of them has a tag. */
  has(tag: string): boolean {
    return this.#tags.has(tag);
  }

  /** Those after the one of a tag; undefined where that is not among them. */
  after(tag: string | undefined): readonly LogRecord[] | undefined {
    const at = this.#records.findIndex((record) => record.tag === tag);
    return at < 0 ? undefined : this.#records.slice(at + 1);
  }

  /** The one before one of them. */
  before(record: LogRecord | undefined): LogRecord | undefined {
    const at = this.#records.findIndex(({ tag }) => tag === record?.tag);
    return this.#records[at - 1];
  }
}
