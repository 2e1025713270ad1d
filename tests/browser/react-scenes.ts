import { createServer, type Server } from "@deltawire/server";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, expect, onTestFinished } from "vitest";
import { realBrowser } from "../real/chromium.js";
import type { SceneProps } from "./pages/react.js";
import { type Site, site } from "./site.js";
import { openTab } from "./tab.js";

/** A page of scenes, and what it has sent: types of frames, and `open` and `closed` of sockets. */
export interface Opened {
  readonly page: Page;
  readonly sent: readonly string[];
}

/** How a page of scenes is opened. */
export interface OpenOptions {
  /** Whether scenes are in Strict Mode. @default false */
  readonly strict?: boolean;
  /** The client's; `bad` is refused. @default "good" */
  readonly token?: string;
  /** Whether the console may tell of errors: React does of those that a boundary takes. */
  readonly mayComplain?: boolean;
}

/** Pages that read and write channels of a server in this process. */
export class Scenes {
  readonly #entry: string;
  readonly #body: string | undefined;
  readonly browser: Browser | undefined;
  #site: Site | undefined;
  #server: Server | undefined;
  #url = "";
  #channels = 0;

  private constructor(entry: string, browser: Browser | undefined, body: string | undefined) {
    this.#entry = entry;
    this.#body = body;
    this.browser = browser;
  }

  /** Begins before the first test of this file, and ends after the last. @param entry the page's script */
  static async of(entry: string, body?: string): Promise<Scenes> {
    const scenes = new Scenes(entry, await realBrowser("the React binding in a browser"), body);
    beforeAll(() => scenes.#begin());
    afterAll(() => scenes.#end());
    return scenes;
  }

  async #begin(): Promise<void> {
    if (!this.browser) return;
    this.#site = await site(this.#entry, this.#body === undefined ? {} : { body: this.#body });
    this.#server = createServer({
      authenticate: ({ token }) => (token === "bad" ? undefined : { id: "ann" }),
      authorize: ({ channel }) => channel !== "secret",
    });
    const { origin } = new URL(this.#site.url);
    ({ url: this.#url } = await this.#server.listen({ port: 0, origins: [origin] }));
  }

  async #end(): Promise<void> {
    await this.#server?.close();
    await this.#site?.close();
    await this.browser?.close();
  }

  get server(): Server {
    if (!this.#server) throw new Error("only in a test, and where there is a browser");
    return this.#server;
  }

  /** Opens the page; nothing may have complained when the test has finished. */
  async open(options: OpenOptions = {}): Promise<Opened> {
    const { strict = false, token = "good", mayComplain = false } = options;
    if (!this.browser || !this.#site)
      throw new Error("only in a test, and where there is a browser");
    const { page, complaints } = await openTab(this.browser, "about:blank");
    const sent: string[] = [];
    page.on("websocket", (socket) => {
      sent.push("open");
      socket.on("framesent", ({ payload }) => {
        sent.push(/"type":"(\w+)"/.exec(String(payload))?.[1] ?? "");
      });
      socket.on("close", () => sent.push("closed"));
    });
    const query = new URLSearchParams({ server: this.#url, token, ...(strict && { strict: "" }) });
    await page.goto(`${this.#site.url}?${query}`);
    if (!mayComplain) onTestFinished(() => expect(complaints).toEqual([]));
    return { page, sent };
  }

  /** A channel of its own, written by the server without a throttle. */
  newChannel(): { readonly name: string; readonly channel: ReturnType<Server["channel"]> } {
    this.#channels += 1;
    const name = `channel-${this.#channels}`;
    return { name, channel: this.server.channel(name, { throttle: 0 }) };
  }

  /** What the server counts as open. */
  async serving(what: "subscriptions" | "connections"): Promise<number> {
    const answer = await this.server.admin(new Request("http://host/stats"));
    // The report has both.
    const report = (await answer.json()) as Record<typeof what, { readonly open: number }>;
    return report[what].open;
  }
}

/** Shows a scene. @param own whether its provider makes the wire */
export function show(page: Page, name: string, props: SceneProps, own = false): Promise<void> {
  return page.evaluate(([name, props, own]) => scene.show(name, props, own), [
    name,
    props,
    own,
  ] as const);
}

/** Waits until an element shows a text. */
export async function shows(page: Page, id: string, text: string): Promise<void> {
  await page.waitForFunction(([id, text]) => document.getElementById(id)?.textContent === text, [
    id,
    text,
  ] as const);
}

/** How often each component has rendered, by its name. */
export function renders(page: Page): Promise<Readonly<Record<string, number>>> {
  return page.evaluate(() => ({ ...scene.renders }));
}

/** Lets animation frames and whatever they bring pass. */
export function frames(page: Page): Promise<void> {
  return page.evaluate(async () => {
    for (let i = 0; i < 3; i++) await new Promise(requestAnimationFrame);
  });
}
