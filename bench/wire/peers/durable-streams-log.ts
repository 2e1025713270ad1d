import { StreamStore } from "@durable-streams/server";

const PATH = "/run";
const JSON_MODE = { contentType: "application/json" };

/** The server's cursor is the number of its 20-second interval; here it stands still. */
export const CURSOR = 3_300_000;

/** A stream in the server's own store, and what the server makes of it for its readers. */
export class StreamLog {
  readonly #store = new StreamStore();
  #offset: string;

  constructor() {
    this.#offset = this.#store.create(PATH, JSON_MODE).currentOffset;
  }

  /** Appends what was posted, and returns the events in which it reaches a reader. */
  append(posted: string | Uint8Array): string {
    this.#store.append(PATH, typeof posted === "string" ? Buffer.from(posted) : posted);
    const read = this.#store.read(PATH, this.#offset);
    let events = "";
    for (const message of read.messages) {
      const data = Buffer.from(this.#store.formatResponse(PATH, [message])).toString();
      events += `event: data\ndata:${data}\n\n`;
      this.#offset = message.offset;
    }
    return events + this.#control();
  }

  /** Where a reader stands who has everything. */
  #control(): string {
    const streamCursor = String(CURSOR);
    const control = { streamNextOffset: this.#offset, streamCursor, upToDate: true };
    return `event: control\ndata:${JSON.stringify(control)}\n\n`;
  }

  /** What the client of one who joins gets: the log in one response, then the head of the events. */
  catchUp(): [body: Uint8Array, head: string] {
    const { messages } = this.#store.read(PATH);
    return [this.#store.formatResponse(PATH, messages), this.#control()];
  }
}
