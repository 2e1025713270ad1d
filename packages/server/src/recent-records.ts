import type { LogRecord } from "./log.js";

/** How many of the latest records are kept, and bytes of them. */
const MAX_RECORDS = 256;
const MAX_BYTES = 256 * 1024;

/** The latest records of a channel: a log that has lost them, and nothing else, gets them again. */
export class RecentRecords {
  #records: LogRecord[] = [];
  #bytes = 0;

  reset(records: readonly LogRecord[]): void {
    this.#records = [];
    this.#bytes = 0;
    for (const record of records) this.add(record);
  }

  add(record: LogRecord): void {
    this.#records.push(record);
    this.#bytes += record.data.length;
    while (this.#records.length > MAX_RECORDS || this.#bytes > MAX_BYTES) {
      this.#bytes -= this.#records.shift()?.data.length ?? 0;
    }
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
