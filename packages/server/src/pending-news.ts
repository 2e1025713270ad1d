import type { LogNews, LogRecord } from "./log.js";

/** Records that wait to be taken; past that the log is read. */
const MAX_RECORDS = 256;

/** A record that was told of, and the tag of the one before it. */
interface ToldRecord {
  readonly record: LogRecord;
  readonly before: string;
}

/** What was told of a channel's log, and is still to be looked at. */
export class PendingNews {
  /** Whether the log has to be read: something may have been missed. */
  isDoubtful = false;
  /** Whether it was told that the channel is deleted. */
  isDeleted = false;
  /** Records of others that were heard of before their turn. */
  #records: ToldRecord[] = [];
  /** Those who wait until the log was read once more. */
  #readers: (() => void)[] = [];

  get hasRecords(): boolean {
    return this.#records.length > 0;
  }

  /** @param isAhead whether a record is one that is not known, further on in the log */
  add(news: LogNews, isAhead: (record: LogRecord) => boolean): void {
    if (news.type !== "record") {
      this.isDoubtful = true;
      this.isDeleted ||= news.type === "deleted";
    } else if (isAhead(news.record) && this.#records.length < MAX_RECORDS) {
      this.#records.push(news);
    } else this.isDoubtful = true;
  }

  takeRecords(): ToldRecord[] {
    return this.#records.splice(0);
  }

  /** Calls back once the log was read that is read next. */
  onRead(done: () => void): void {
    this.#readers.push(done);
    this.isDoubtful = true;
  }

  /** The log is read now; what comes from here on is another doubt. */
  takeReaders(): (() => void)[] {
    this.isDoubtful = false;
    return this.#readers.splice(0);
  }
}
