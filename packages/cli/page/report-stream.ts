import type { PageReport } from "../src/page/report.js";
import { Store } from "./store.js";

/** What the demo says of itself; undefined until it has, and whether it can be heard now. */
export interface Hearing {
  readonly report: PageReport | undefined;
  readonly isHeard: boolean;
}

/** How everything stands, as `GET /control/events` tells it; a page that nobody sees asks nothing. */
export class ReportStream {
  readonly hearing: Store<Hearing> = new Store<Hearing>({ report: undefined, isHeard: true });
  readonly #url: string;
  #source: EventSource | undefined;

  constructor(url: string) {
    this.#url = url;
    this.#open();
    // A browser opens six connections to a server over HTTP/1.1: tabs in the background leave them.
    document.addEventListener("visibilitychange", () => {
      if (document.hidden) this.#close();
      else this.#open();
    });
  }

  #open(): void {
    if (this.#source) return;
    const source = new EventSource(this.#url);
    this.#source = source;
    source.addEventListener("report", ({ data }: MessageEvent<string>) => {
      // The demo that serves this page wrote it, and its type is the one of both.
      this.hearing.set({ report: JSON.parse(data) as PageReport, isHeard: true });
    });
    source.onerror = () => {
      this.hearing.set({ ...this.hearing.get(), isHeard: false });
      if (source.readyState !== EventSource.CLOSED) return; // it tries again by itself
      this.#close();
      setTimeout(() => document.hidden || this.#open(), 3000);
    };
  }

  #close(): void {
    this.#source?.close();
    this.#source = undefined;
  }
}
