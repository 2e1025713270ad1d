import { LOG_START, type Log, type LogContents, type LogPosition, type LogRecord } from "./log.js";
import type { Retries } from "./retries.js";

/** What became of a record; `isFollowed`: others have appended after it. */
type Written =
  | { readonly is: "appended"; readonly isFollowed: boolean }
  | { readonly is: "conflict"; readonly contents: LogContents };

/** Appends to a channel's log, and asks as often as it takes to be told what became of it. */
export class LogWriter {
  readonly #channel: string;
  readonly #log: Log;
  readonly #retries: Retries;

  constructor(channel: string, log: Log, retries: Retries) {
    this.#channel = channel;
    this.#log = log;
    this.#retries = retries;
  }

  /** @param isUnfinished see {@link Log.append} */
  async append(after: LogPosition, record: LogRecord, isUnfinished: boolean): Promise<Written> {
    const answer = await this.#retries.run(() =>
      this.#log.append(this.#channel, after, record, isUnfinished),
    );
    if (answer.type === "appended") return { is: "appended", isFollowed: false };
    const { contents } = answer;
    const { continues, records } = contents;
    // An earlier attempt, of which no answer came, has happened.
    const isThere = continues && records[0]?.tag === record.tag;
    if (isThere) return { is: "appended", isFollowed: records.length > 1 };
    return { is: "conflict", contents };
  }

  /**
   * The log has lost what came last: it gets it again, as it was. Returns whether it has: else
   * somebody has gone on, or does the same.
   *
   * @param before the record before the first that is missing, if there is one
   */
  async putBack(
    before: LogRecord | undefined,
    missing: readonly LogRecord[],
    isUnfinished: boolean,
  ): Promise<boolean> {
    let after: LogPosition = before ?? LOG_START;
    for (const record of missing) {
      const answer = await this.#retries.run(() =>
        this.#log.append(this.#channel, after, record, isUnfinished),
      );
      const isConflict = answer.type === "conflict";
      if (isConflict && answer.contents.records[0]?.tag !== record.tag) return false;
      after = record;
    }
    return true;
  }
}
