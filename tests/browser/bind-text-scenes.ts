import type { Browser } from "playwright-core";
import { afterAll, beforeAll } from "vitest";
import { realBrowser } from "../real/chromium.js";
import type { Lab } from "./pages/bind-text.js";
import { type Site, site } from "./site.js";
import { openTab, type Tab } from "./tab.js";

declare const lab: Lab; // in the page

/** What a text is bound to. */
export const kinds = ["node", "element"] as const;

/** @see kinds */
export type Kind = (typeof kinds)[number];

/** Lines, each another one, of 16 units. */
export const lines = (count: number): string =>
  Array.from({ length: count }, (_, i) => `Line ${String(i).padStart(10, "0")}\n`).join("");

const STYLE = "height: 300px; overflow: auto; white-space: pre-wrap; font: 14px/20px monospace";

/** Pages in which a text is bound, to a channel that needs no server. */
export class BindTextScenes {
  readonly browser: Browser | undefined;
  #site: Site | undefined;

  private constructor(browser: Browser | undefined) {
    this.browser = browser;
  }

  /** Begins before the first test of this file, and ends after the last. */
  static async of(): Promise<BindTextScenes> {
    const scenes = new BindTextScenes(await realBrowser("bindText in a browser"));
    beforeAll(async () => {
      const body = `<div id="root" style="${STYLE}"></div>`;
      scenes.#site = await site("tests/browser/pages/bind-text.ts", { body });
    });
    afterAll(async () => {
      await scenes.browser?.close();
      await scenes.#site?.close();
    });
    return scenes;
  }

  /** @param text of the message, if there is one yet @param before what is there before */
  async open(kind: Kind, text?: string, before?: string): Promise<Tab> {
    if (!this.browser || !this.#site)
      throw new Error("only in a test, and where there is a browser");
    const tab = await openTab(this.browser, this.#site.url);
    await tab.page.evaluate(
      ([kind, text, before]) => {
        lab.bind(kind, before);
        if (text !== undefined) lab.add(text);
        lab.channel.tell();
      },
      [kind, text, before] as const,
    );
    return tab;
  }
}
