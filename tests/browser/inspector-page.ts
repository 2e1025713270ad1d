import { createServer, type Server } from "@deltawire/server";
import type { Browser, BrowserContextOptions, Locator, Page } from "playwright-core";
import { afterAll, beforeAll, expect, onTestFinished } from "vitest";
import { realBrowser } from "../real/chromium.js";
import type { InspectorLab, ShownRow } from "./pages/inspector.js";
import { type Site, site } from "./site.js";
import { openTab } from "./tab.js";

declare const lab: InspectorLab; // in the page

/** The rows of the timeline that are seen. */
export const shown = (page: Page): Promise<ShownRow[]> => page.evaluate(() => lab.shown());

/** The status line. */
export const status = async (page: Page): Promise<string> =>
  (await page.locator(".status").textContent()) ?? "";

/** The timeline. */
export const grid = (page: Page): Locator => page.getByRole("grid", { name: "Frames" });

/** A tab of a list of them. */
export const tab = (page: Page, list: string, name: string): Locator =>
  page.getByRole("tablist", { name: list, exact: true }).getByRole("tab", { name });

/** Pages with an inspector, beside a server in this process. */
export class InspectorPages {
  readonly browser: Browser | undefined;
  readonly server: Server = createServer();
  #site: Site | undefined;
  #url = "";

  private constructor(browser: Browser | undefined) {
    this.browser = browser;
  }

  /** Begins before the first test of this file, and ends after the last. */
  static async of(): Promise<InspectorPages> {
    const pages = new InspectorPages(await realBrowser("the inspector in a browser"));
    beforeAll(() => pages.#begin());
    afterAll(() => pages.#end());
    return pages;
  }

  async #begin(): Promise<void> {
    if (!this.browser) return;
    this.#site = await site("tests/browser/pages/inspector.ts", {
      body: '<main id="root"><h1>Test</h1></main>',
    });
    const { origin } = new URL(this.#site.url);
    ({ url: this.#url } = await this.server.listen({ port: 0, origins: [origin] }));
  }

  async #end(): Promise<void> {
    await this.browser?.close();
    await this.server.close();
    await this.#site?.close();
  }

  /** Where the server is. */
  get url(): string {
    return this.#url;
  }

  /**
   * A page under a strict policy, which lets pass nothing inline; nothing may have complained when
   * the test has finished.
   */
  async open(options: BrowserContextOptions = {}): Promise<Page> {
    const { browser } = this;
    if (!browser || !this.#site) throw new Error("only in a test, and where there is a browser");
    const { page, complaints } = await openTab(browser, "about:blank", options);
    await page.goto(this.#site.url);
    onTestFinished(() => expect(complaints).toEqual([]));
    return page;
  }

  /** A page with an inspector over so many rows that are made up. */
  async many(rows: number, options: BrowserContextOptions = {}): Promise<Page> {
    const page = await this.open(options);
    await page.evaluate((rows) => lab.many(rows), rows);
    await expect.poll(() => status(page)).toContain(`${rows.toLocaleString("en-US")} frames`);
    return page;
  }
}
