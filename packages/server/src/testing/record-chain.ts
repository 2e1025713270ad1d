import assert from "node:assert/strict";
import { createHash, randomUUID } from "node:crypto";
import { LOG_START, type Log, type LogContents, type LogPosition, type LogRecord } from "../log.js";

/** A record for the place after another one. */
export const recordAfter = ({ index }: LogPosition, data: Uint8Array = stamp()): LogRecord => ({
  index: index + 1,
  tag: randomUUID(),
  data,
});

let stamps = 0;

/** Data that no other record has. */
function stamp(): Uint8Array {
  stamps += 1;
  return new TextEncoder().encode(`record ${stamps}`);
}

/** Appends record after record to a channel, as a server without others would. */
export class RecordChain {
  readonly channel: string;
  /** What was appended. */
  readonly records: LogRecord[] = [];
  readonly #log: Log;

  constructor(log: Log, channel = "c") {
    this.#log = log;
    this.channel = channel;
  }

  get end(): LogPosition {
    return this.records.at(-1) ?? LOG_START;
  }

  /** The place of a record, by its index. */
  at(index: number): LogPosition {
    return index === 0 ? LOG_START : (this.records[index - 1] ?? assert.fail(`no ${index}`));
  }

  async append(data?: Uint8Array, unfinished = false): Promise<LogRecord> {
    const record = recordAfter(this.end, data);
    const answer = await this.#log.append(this.channel, this.end, record, unfinished);
    assert.equal(answer.type, "appended", "nobody else appends");
    this.records.push(record);
    return record;
  }

  async grow(count: number): Promise<this> {
    for (let i = 0; i < count; i += 1) await this.append();
    return this;
  }

  /** A snapshot of everything up to a place. */
  snapshot(index: number): LogRecord {
    const { tag } = this.at(index);
    return { index, tag, data: new TextEncoder().encode(`snapshot ${index}`) };
  }
}

/** A record as it is compared: what is long by its digest, since a difference would fill pages. */
const plain = ({ index, tag, data }: LogRecord): unknown => ({
  index,
  tag,
  length: data.length,
  data:
    data.length < 1000
      ? Buffer.from(data).toString("hex")
      : createHash("sha256").update(data).digest("hex"),
});

/** Fails unless these are the records. */
export function expectRecords(actual: readonly LogRecord[], expected: readonly LogRecord[]): void {
  assert.deepEqual(actual.map(plain), expected.map(plain));
}

/** Fails unless what a log holds after a place is these records. */
export function expectContinued(contents: LogContents, records: readonly LogRecord[]): void {
  assert.equal(contents.continues, true, "the place is in the log");
  assert.equal(contents.snapshot, undefined, "no snapshot where the records continue");
  expectRecords(contents.records, records);
}

/**
 * Fails unless a log holds this snapshot and, of these records, at least those after it: others may
 * stand before them, without a hole.
 */
export function expectWhole(
  contents: LogContents,
  records: readonly LogRecord[],
  snapshot?: LogRecord,
): void {
  assert.equal(contents.snapshot === undefined, snapshot === undefined, "a snapshot, or none");
  if (contents.snapshot && snapshot) expectRecords([contents.snapshot], [snapshot]);
  const after = records.length - (snapshot?.index ?? 0);
  assert.ok(contents.records.length >= after, "every record since the snapshot");
  const kept = records.slice(records.length - contents.records.length);
  expectRecords(contents.records, kept);
}

/** Fails unless there is nothing of a channel. */
export function expectNothing({ records, snapshot }: LogContents): void {
  expectRecords(records, []);
  assert.equal(snapshot, undefined, "no snapshot");
}

/** Another server's view of a log; where there is none, the log itself. */
export async function secondView(subject: {
  readonly log: Log;
  another?(): Promise<Log>;
}): Promise<Log> {
  return (await subject.another?.()) ?? subject.log;
}
