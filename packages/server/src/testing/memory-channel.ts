import { LOG_START, type LogContents, type LogPosition, type LogRecord } from "../log.js";

/** What a log has of one channel. */
export class MemoryChannel {
  #snapshot: LogRecord | undefined;
  #records: LogRecord[] = [];

  /** The place of the last record, or of the snapshot where there is none after it. */
  get end(): LogPosition {
    return this.#records.at(-1) ?? this.#snapshot ?? LOG_START;
  }

  get isEmpty(): boolean {
    return this.end.index === 0;
  }

  add(record: LogRecord): void {
    this.#records.push(record);
  }

  /** What follows a place; everything where it is not there, and where none is named. */
  contents(after?: LogPosition): LogContents {
    const from = after && this.#find(after);
    if (from !== undefined) return { continues: true, records: this.#records.slice(from) };
    const snapshot = this.#snapshot;
    return { continues: false, ...(snapshot && { snapshot }), records: [...this.#records] };
  }

  compact(snapshot: LogRecord, keep: number): void {
    const from = this.#find(snapshot);
    if (from === undefined || snapshot.index < (this.#snapshot?.index ?? 1)) return;
    this.#snapshot = snapshot;
    this.#records.splice(0, Math.max(0, from - keep));
  }

  /** Takes the last records away, at most those after the snapshot. */
  lose(count: number): void {
    const after = this.end.index - (this.#snapshot?.index ?? 0);
    this.#records.splice(this.#records.length - Math.min(count, after));
  }

  /** Of the records, which one is the first after a place; undefined where the place is not there. */
  #find({ index, tag }: LogPosition): number | undefined {
    const first = this.#records[0]?.index ?? this.end.index + 1;
    const i = index - first;
    if (this.#records[i]?.tag === tag) return i + 1;
    const isBefore =
      index + 1 === first && (index === 0 ? tag === "" : tag === this.#snapshot?.tag);
    return isBefore ? 0 : undefined;
  }
}
