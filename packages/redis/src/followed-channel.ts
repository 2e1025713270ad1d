import type { LogNews } from "@deltawire/server";
import { parseNews } from "./news.js";
import type { Listener } from "./subscriptions.js";

/** Milliseconds after the last news until the log is asked whether there is more: twice as long each time. */
const FIRST_CHECK = 1000;
const MAX_CHECK = 5000;

/** Milliseconds in which news comes that the answer to a question has overtaken. */
const OVERTAKEN = 50;

/** One channel that somebody follows. */
export class FollowedChannel implements Listener {
  readonly #tag: () => Promise<string>;
  readonly #maxPause: number;
  readonly #tellers = new Set<(news: LogNews) => void>();
  /** The tag of the last record that was told of, or that there was when asked. */
  #seen: string | undefined;
  #pause = FIRST_CHECK;
  #checkAt = 0;

  /**
   * @param tag asks the log for the tag of the last record, `""` where there is none
   * @param maxPause milliseconds between two questions, at most
   */
  constructor(tag: () => Promise<string>, maxPause: number) {
    this.#tag = tag;
    this.#maxPause = Math.min(maxPause, MAX_CHECK);
  }

  get isEmpty(): boolean {
    return this.#tellers.size === 0;
  }

  add(tell: (news: LogNews) => void): void {
    this.#tellers.add(tell);
  }

  remove(tell: (news: LogNews) => void): void {
    this.#tellers.delete(tell);
  }

  /** Tells one of those who follow that it may have missed something. */
  doubt(tell: (news: LogNews) => void): void {
    if (this.#tellers.has(tell)) tell({ type: "doubt" });
  }

  message(data: Buffer): void {
    const news = parseNews(data);
    if (news === undefined) return;
    this.#pause = FIRST_CHECK;
    this.#checkAt = 0;
    if (news.type === "record") this.#seen = news.record.tag;
    if (news.type === "place") this.#seen = news.tag;
    if (news.type === "deleted") this.#seen = "";
    this.#tell(news.type === "place" ? { type: "doubt" } : news);
  }

  confirmed(): void {
    this.#seen = undefined;
    this.#checkAt = 0;
    // Asked before the others read: what is lost after that is missed by them, and found by a check.
    this.#ask().catch(() => undefined);
  }

  /** Whether it is time to ask for what news may have been lost. @param now milliseconds, of any clock */
  isDue(now: number): boolean {
    if (this.#checkAt === 0) this.#checkAt = now + this.#pause;
    return now >= this.#checkAt;
  }

  /** Asks whether there is more than was told. */
  async check(now: number): Promise<void> {
    this.#pause = Math.min(2 * this.#pause, this.#maxPause);
    this.#checkAt = now + this.#pause;
    if (this.#seen === undefined) return this.#ask();
    const seen = this.#seen;
    if ((await this.#tag()) === seen || this.#seen !== seen) return;
    await new Promise((resolve) => setTimeout(resolve, OVERTAKEN));
    if (this.#seen === seen) await this.#ask();
  }

  async #ask(): Promise<void> {
    const seen = this.#seen;
    try {
      const tag = await this.#tag();
      if (this.#seen === seen) this.#seen = tag;
    } finally {
      this.#tell({ type: "doubt" });
    }
  }

  #tell(news: LogNews): void {
    for (const tell of [...this.#tellers]) tell(news);
  }
}
