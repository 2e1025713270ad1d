import type { ServerResponse } from "node:http";
import { Refusal } from "./answer.js";
import type { PageReport } from "./report.js";

/** Milliseconds between two reports, at least. */
const INTERVAL = 100;

/** Streams that are open at a time. */
const MAX_STREAMS = 32;

/** Milliseconds of nothing new after which there is a comment. */
const COMMENT = 15_000;

/** Tells those who ask how everything stands, whenever that changes. */
export class ReportStream {
  readonly #report: () => PageReport;
  readonly #streams = new Set<ServerResponse>();
  #timer: NodeJS.Timeout | undefined;
  #told = "";
  #toldAt = 0;

  constructor(report: () => PageReport) {
    this.#report = report;
  }

  /** Answers a request for events. @throws Refusal where there are too many */
  open(response: ServerResponse): void {
    if (this.#streams.size >= MAX_STREAMS) {
      const what = `${MAX_STREAMS} pages are open`;
      throw new Refusal(503, "too_many", `${what}: close one and load this one again`);
    }
    response.writeHead(200, {
      "content-type": "text/event-stream; charset=utf-8",
      "cache-control": "no-store, no-transform",
    });
    response.write(`retry: 1000\n\n${event(this.#report())}`);
    this.#streams.add(response);
    response.on("error", () => undefined).on("close", () => this.#close(response));
    this.#timer ??= setInterval(() => this.#tell(), INTERVAL);
  }

  #close(response: ServerResponse): void {
    this.#streams.delete(response);
    if (this.#streams.size > 0) return;
    clearInterval(this.#timer);
    this.#timer = undefined;
  }

  #tell(): void {
    const report = this.#report();
    const { at: _at, ...rest } = report;
    const told = JSON.stringify(rest);
    const isNews = told !== this.#told;
    if (!isNews && report.at - this.#toldAt < COMMENT) return;
    this.#told = told;
    this.#toldAt = report.at;
    const text = isNews ? event(report) : ":\n\n";
    // Who does not read misses some: each report is whole.
    for (const stream of this.#streams) if (stream.writableLength === 0) stream.write(text);
  }

  /** Ends all of them. */
  close(): void {
    for (const stream of [...this.#streams]) stream.end();
  }
}

function event(report: PageReport): string {
  return `event: report\ndata: ${JSON.stringify(report)}\n\n`;
}
