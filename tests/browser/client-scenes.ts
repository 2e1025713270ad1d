import { createServer, type Server } from "@deltawire/server";
import type { Browser, BrowserContextOptions, Page } from "playwright-core";
import { afterAll, beforeAll, expect } from "vitest";
import { realBrowser } from "../real/chromium.js";
import { BareTab } from "./bare-tab.js";
import type { App } from "./pages/client.js";
import { type Site, site } from "./site.js";
import { openTab, type Tab } from "./tab.js";

declare const app: App; // in the page

/** A channel, as the server writes it, and the page that shows its message "m". */
export interface Scene extends Tab {
  readonly channel: ReturnType<Server["channel"]>;
}

/** How a {@link Scene} is opened. */
export interface SceneOptions {
  /** The server's address, as the page is to see it. @default the server's own */
  readonly through?: string;
  /** Whether the page notes what passes. */
  readonly isWatched?: boolean;
  /** Runs in the page before anything else. */
  readonly before?: () => void;
  readonly context?: BrowserContextOptions;
}

/** Pages with a reader each, and a server in this process. */
export class ClientScenes {
  readonly #entry: string;
  readonly browser: Browser | undefined;
  #site: Site | undefined;
  #server: Server | undefined;
  #url = "";
  #count = 0;

  private constructor(entry: string, browser: Browser | undefined) {
    this.#entry = entry;
    this.browser = browser;
  }

  /**
   * Begins before the first test of this file, and ends after the last.
   *
   * @param entry the page's script; it takes the address and the channel from its own address
   */
  static async of(entry = "tests/browser/pages/client.ts"): Promise<ClientScenes> {
    const scenes = new ClientScenes(entry, await realBrowser("the client in a browser"));
    beforeAll(() => scenes.#begin());
    afterAll(async () => {
      await scenes.#server?.close();
      await scenes.#site?.close();
      await scenes.browser?.close();
    });
    return scenes;
  }

  async #begin(): Promise<void> {
    if (!this.browser) return;
    const style = "height: 200px; overflow: auto; white-space: pre-wrap";
    const body = `<div id="root" style="${style}"></div>`;
    this.#site = await site(this.#entry, { body });
    this.#server = createServer({});
    const { origin } = new URL(this.#site.url);
    ({ url: this.#url } = await this.#server.listen({ port: 0, origins: [origin] }));
  }

  /** The server's own address. */
  get url(): string {
    return this.#url;
  }

  /** Opens the page on a channel of its own, which the server writes without a throttle. */
  async open(options: SceneOptions = {}): Promise<Scene> {
    const { through = this.#url, isWatched = false, before, context } = options;
    const { browser, channel, url } = this.#next(through);
    const tab = await openTab(browser, "about:blank", context);
    if (before) await tab.page.addInitScript(before);
    await tab.page.goto(isWatched ? `${url}&watch` : url);
    return { ...tab, channel };
  }

  /** The same in a tab that can sleep. */
  async openBare(through: string): Promise<Pick<Scene, "channel"> & { readonly tab: BareTab }> {
    const { browser, channel, url } = this.#next(through);
    return { channel, tab: await BareTab.open(browser, url) };
  }

  /** Subscriptions that the server counts as open. */
  async subscriptions(): Promise<number> {
    const answer = await this.#server?.admin(new Request("http://host/stats"));
    // The report has it.
    const report = (await answer?.json()) as { readonly subscriptions: { readonly open: number } };
    return report.subscriptions.open;
  }

  #next(through: string) {
    const { browser } = this;
    if (!browser || !this.#site || !this.#server) throw new Error("only in a test");
    this.#count += 1;
    const name = `channel-${this.#count}`;
    const query = new URLSearchParams({ server: through, channel: name });
    const channel = this.#server.channel(name, { throttle: 0 });
    return { browser, channel, url: `${this.#site.url}?${query}` };
  }
}

/** Waits until the page shows a text. */
export async function shows(page: Page, text: string): Promise<void> {
  const isShown = (text: string) => document.getElementById("root")?.textContent === text;
  await page.waitForFunction(isShown, text, { polling: 50 }).catch(async (error: unknown) => {
    const now = await page.evaluate(() => document.getElementById("root")?.textContent);
    expect(now?.slice(-500), String(error)).toBe(text.slice(-500));
    throw error;
  });
}

/** Finds that the page shows a text now. */
export async function shown(page: Page, text: string): Promise<void> {
  expect(await page.evaluate(() => document.getElementById("root")?.textContent)).toBe(text);
}

/** Waits until the page says how its connection is. */
export async function is(page: Page, status: string): Promise<void> {
  const isSo = (status: string) => document.getElementById("status")?.textContent === status;
  await page.waitForFunction(isSo, status, { polling: 50 });
}

/** What passed so far, of a page that notes it. */
export const passed = (page: Page): Promise<readonly string[]> => page.evaluate(() => app.passed);
