import { mkdir, mkdtemp, rename, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Browser, BrowserContextOptions, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { type Backend, serveGraphs } from "../../examples/graph/backend.js";
import { watchFolder } from "../../examples/graph/folder.js";
import { realBrowser } from "../real/chromium.js";
import { type RealRedis, redisPart, startRedis } from "../real/redis.js";
import { buildExamplePage, type ExamplePage } from "./example-page.js";
import { openTab } from "./tab.js";
import { violations } from "./violations.js";

const browser: Browser | undefined = await realBrowser("the import graph's page");
const part = browser && (await redisPart("the import graph over two servers"));

/** The files in the page's list. */
const filesOf = (page: Page) => page.locator("#files option").allTextContents();
const shows = (page: Page, files: readonly string[]) =>
  expect.poll(() => filesOf(page), { timeout: 20_000 }).toEqual(files);
const detailsOf = (page: Page) => page.locator("#details").textContent();
const count = (page: Page) => page.textContent("#count");

describe.skipIf(!part)("the import graph, over two servers and Redis", () => {
  let built: ExamplePage;
  let redis: RealRedis;
  beforeAll(async () => {
    if (!part) return;
    redis = await startRedis(part);
    built = await buildExamplePage("graph");
  });
  afterAll(async () => {
    await browser?.close();
    await redis?.stop();
    await built.remove();
  });

  async function start(files: Readonly<Record<string, string>>) {
    const folder = await mkdtemp(join(tmpdir(), "deltawire-graph-"));
    onTestFinished(() => rm(folder, { recursive: true }));
    const put = async (path: string, text: string) => {
      await mkdir(join(folder, path, ".."), { recursive: true });
      await writeFile(join(folder, path), text);
    };
    for (const [path, text] of Object.entries(files)) await put(path, text);
    await redis.cli("flushall");
    const serve = async (): Promise<Backend> => {
      const backend = await serveGraphs({ redis: redis.url, port: 0, page: built.folder });
      onTestFinished(() => backend.server.close());
      return backend;
    };
    const [first, second] = [await serve(), await serve()];
    onTestFinished(await watchFolder(first.server, folder));
    return { first, second, put, folder };
  }

  async function come(url: string, options: BrowserContextOptions = {}) {
    if (!browser) throw new Error("skipped without a browser");
    const tab = await openTab(browser, url, options);
    await expect.poll(() => tab.page.textContent("#status"), { timeout: 20_000 }).toBe("live");
    return tab;
  }

  test("a change of a file is on the pages of both servers that look at its folder", async () => {
    const { first, second, put, folder } = await start({
      "app/main.ts": 'import "../lib/one.js"; import "node:fs";',
      "lib/one.ts": "",
      "lib/two.ts": 'import "./gone.js";',
    });
    const [all, lib] = [await come(first.url), await come(`${second.url}#lib%2F`)];
    await shows(all.page, ["app/main.ts", "lib/one.ts", "lib/two.ts, 1 missing"]);
    await shows(lib.page, ["lib/one.ts", "lib/two.ts, 1 missing"]);
    expect(await count(all.page)).toBe("3 files, 1 imports");

    await put("lib/gone.ts", 'import "../app/main.js";');
    await shows(all.page, ["app/main.ts", "lib/gone.ts", "lib/one.ts", "lib/two.ts"]);
    await shows(lib.page, ["lib/gone.ts", "lib/one.ts", "lib/two.ts"]);
    await rename(join(folder, "lib/gone.ts"), join(folder, "lib/new.ts"));
    await shows(lib.page, ["lib/new.ts", "lib/one.ts", "lib/two.ts, 1 missing"]);
    await expect.poll(() => count(all.page)).toBe("4 files, 2 imports");
    await rm(join(folder, "lib/new.ts"));
    await shows(lib.page, ["lib/one.ts", "lib/two.ts, 1 missing"]);

    // Another folder; by the keyboard, as everything here.
    await lib.page.getByLabel("Folder").focus();
    await lib.page.keyboard.type("app");
    await shows(lib.page, ["app/main.ts"]);
    await lib.page.getByRole("listbox", { name: "Files" }).focus();
    await lib.page.keyboard.press("ArrowDown");
    await expect.poll(() => detailsOf(lib.page)).toContain("lib/one.ts");
    expect(await detailsOf(lib.page)).toContain("node:fs");
    await put("app/main.ts", 'import "./x.js";');
    await expect.poll(() => detailsOf(lib.page)).toContain("./x.js");
    expect([...all.complaints, ...lib.complaints]).toEqual([]);
  });

  test("a page that nobody looks at leaves, and is as it was when somebody does", async () => {
    const { first, second, put } = await start({ "a.ts": "" });
    const { page, complaints } = await come(`${second.url}?away=0`);
    await shows(page, ["a.ts"]);
    const viewers = async () => {
      const response = await second.server.admin(new Request("http://localhost/stats"));
      return Object(await response?.json()).connections.open;
    };
    const look = (hidden: boolean) =>
      page.evaluate((is) => {
        Object.defineProperty(document, "hidden", { value: is, configurable: true });
        document.dispatchEvent(new Event("visibilitychange"));
      }, hidden);
    await expect.poll(viewers).toBe(1);
    await look(true);
    await expect.poll(viewers).toBe(0);
    expect(await filesOf(page)).toEqual(["a.ts"]);
    await put("b.ts", 'import "./a.js";');
    const other = await come(first.url);
    await shows(other.page, ["a.ts", "b.ts"]);
    expect(await filesOf(page)).toEqual(["a.ts"]);
    await look(false);
    await shows(page, ["a.ts", "b.ts"]);
    expect(complaints).toEqual([]);
  });

  test.each([
    ["390 px, light", { viewport: { width: 390, height: 800 }, colorScheme: "light" }],
    ["1600 px, dark", { viewport: { width: 1600, height: 900 }, colorScheme: "dark" }],
  ] as const)("everybody can use it: %s", async (_name, options) => {
    const { second } = await start({
      "src/a.ts": 'import "./b.js"; import "./gone.js"; import "react";',
      "src/b.ts": 'import "./a.js";',
    });
    const { page } = await come(second.url, options);
    await shows(page, ["src/a.ts, 1 missing", "src/b.ts"]);
    await page.getByRole("listbox", { name: "Files" }).selectOption("src/a.ts");
    await expect.poll(() => detailsOf(page)).toContain("./gone.js");
    expect(await violations(page)).toEqual([]);
    const width = await page.evaluate(() => document.documentElement.scrollWidth);
    expect(width).toBe(options.viewport.width);
  });
});
