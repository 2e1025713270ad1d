import type { Browser, CDPSession, Page } from "playwright-core";
import { realBrowser } from "../../tests/real/chromium.js";

/** What the main thread of a page was busy with, in seconds since the page began. */
export interface Busy {
  /** Everything. */
  readonly task: number;
  readonly script: number;
  readonly layout: number;
}

/** Frames follow each other as fast as they come. */
const UNPACED = ["--disable-frame-rate-limit", "--disable-gpu-vsync"];

/**
 * A browser with 60 frames a second, or as many as it can make.
 *
 * @throws Error where no Chrome or Chromium is to be had
 */
export async function browser(isPaced: boolean): Promise<Browser> {
  const found = await realBrowser("the screen benchmark", isPaced ? [] : UNPACED);
  if (!found)
    throw new Error("needs Chrome or Chromium: install it, or name it in DELTAWIRE_CHROMIUM");
  return found;
}

/** A page's own account of its time. */
export class Account {
  readonly #session: CDPSession;

  static async of(page: Page): Promise<Account> {
    const session = await page.context().newCDPSession(page);
    await session.send("Performance.enable");
    return new Account(session);
  }

  private constructor(session: CDPSession) {
    this.#session = session;
  }

  async busy(): Promise<Busy> {
    const { metrics } = await this.#session.send("Performance.getMetrics");
    const of = (name: string) =>
      metrics.find((metric) => metric.name === name)?.value ?? Number.NaN;
    const layout = of("LayoutDuration") + of("RecalcStyleDuration");
    return { task: of("TaskDuration"), script: of("ScriptDuration"), layout };
  }

  /** Garbage of what was before is not counted in what follows. */
  async collect(): Promise<void> {
    await this.#session.send("HeapProfiler.collectGarbage");
  }
}
