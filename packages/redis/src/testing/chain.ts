import { randomUUID } from "node:crypto";
import { LOG_START, type Log, type LogPosition, type LogRecord } from "@deltawire/server";

/** A record for the place after another one. */
export const recordAfter = ({ index }: LogPosition, text: string): LogRecord => ({
  index: index + 1,
  tag: randomUUID(),
  data: new TextEncoder().encode(text),
});

/** What a record says. */
export const textOf = ({ data }: LogRecord): string => new TextDecoder().decode(data);

/** Appends to a channel as a server does: what another was first with is applied, and tried again. */
export class Writer {
  readonly #log: Log;
  readonly #channel: string;
  /** What the log is known to hold, in order. */
  readonly known: LogRecord[] = [];
  /** How often a call has failed. */
  failures = 0;
  /** How often the log turned out to hold less than is known. */
  losses = 0;

  constructor(log: Log, channel: string) {
    this.#log = log;
    this.#channel = channel;
  }

  get end(): LogPosition {
    return this.known.at(-1) ?? LOG_START;
  }

  /** Appends once and no more, however often that takes. */
  async append(text: string): Promise<void> {
    for (;;) {
      const record = recordAfter(this.end, text);
      if (await this.#isAppended(record)) return;
    }
  }

  /** Whether a record stands in the log; false where another one stands in its place. */
  async #isAppended(record: LogRecord): Promise<boolean> {
    const after = this.end;
    for (;;) {
      const answer = await this.#log
        .append(this.#channel, after, record, true)
        .catch(() => undefined);
      if (answer === undefined) {
        this.failures += 1;
        await new Promise((again) => setTimeout(again, 20));
        continue;
      }
      if (answer.type === "appended") {
        this.known.push(record);
        return true;
      }
      const { continues, records } = answer.contents;
      if (!continues) this.#lost(records);
      else this.known.push(...records);
      return this.known.some(({ tag }) => tag === record.tag);
    }
  }

  #lost(records: readonly LogRecord[]): void {
    this.losses += 1;
    this.known.splice(0, this.known.length, ...records);
  }
}
