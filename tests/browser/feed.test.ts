import type { Browser, BrowserContextOptions } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Backend, startBackend } from "../../examples/feed/backend.js";
import { realBrowser } from "../real/chromium.js";
import { realDatabase } from "../real/postgres.js";
import { buildExamplePage, type ExamplePage } from "./example-page.js";
import { openTab, type Tab } from "./tab.js";
import { violations } from "./violations.js";

const what = "the feed's page";
const [browser, database] = [await realBrowser(what), await realDatabase(what)];

describe.skipIf(!browser || !database)("the page of a feed", () => {
  let built: ExamplePage;
  let backend: Backend;
  beforeAll(async () => {
    built = await buildExamplePage("feed");
    backend = await startBackend({ database: database?.url ?? "", page: built.folder });
  });
  afterAll(async () => {
    await backend?.close();
    await database?.close();
    await browser?.close();
    await built?.remove();
  });

  const open = (hash: string, options: BrowserContextOptions = {}): Promise<Tab> =>
    openTab(browser as Browser, `${backend.url}#/${hash}`, options);

  test("shows what there is while the rest is to come, in order, then all of it, a page at a time", async () => {
    const { page: tab, complaints } = await open("ann");
    const items = tab.getByRole("list", { name: "Items" }).getByRole("listitem");
    const status = tab.getByRole("status");
    const times = () =>
      tab.locator("time").evaluateAll((all) => all.map((time) => time.getAttribute("datetime")));
    // The page says how many sources there are to come: the skeleton of a feed that is on its way.
    await expect
      .poll(() => status.textContent(), PATIENCE)
      .toMatch(/^\d+ items, \d+ of 15 sources$/);
    expect(await tab.locator("main").getAttribute("aria-busy")).toBe("true");
    await expect.poll(() => status.textContent(), PATIENCE).toMatch(/^300 items: the first after/);
    expect(await items.count()).toBe(20);
    for (const shown of [40, 60]) {
      await tab.getByRole("button", { name: /more of/ }).click();
      expect(await items.count()).toBe(shown);
    }
    const shown = await times();
    expect(shown).toEqual([...shown].sort().reverse());
    const titles = await tab.locator(".item .title").allInnerTexts();
    await tab.reload(); // from memory
    await expect.poll(() => status.textContent(), PATIENCE).toMatch(/^300 items/);
    expect(await tab.locator(".item .title").allInnerTexts()).toEqual(titles.slice(0, 20));
    expect(complaints).toEqual([]);
  });

  test("a source that fails says so, and the rest stays", async () => {
    const { page: tab, complaints } = await open("ben");
    await expect
      .poll(() => tab.getByRole("alert").allInnerTexts(), PATIENCE)
      .toEqual(["Reports: took too long. The rest is below."]);
    await expect
      .poll(() => tab.getByRole("status").textContent(), PATIENCE)
      .toMatch(/^280 items: /);
    expect(complaints).toEqual([]);
  });

  test("a plain EventSource takes the feed: partial items, an error, the end, and nothing after it", async () => {
    const { page: tab } = await open("ann");
    const found = await tab.evaluate(
      () =>
        new Promise<{ ids: string[]; errors: number; total: number }>((resolve) => {
          const source = new EventSource("/feed/ben/events");
          const ids: string[] = [];
          let errors = 0;
          source.addEventListener("feed_items", ({ data }) => {
            ids.push(...JSON.parse(data).items.map(({ id }: { id: string }) => id));
          });
          source.addEventListener("feed_error", () => {
            errors += 1;
          });
          source.addEventListener("feed_complete", ({ data }) => {
            // It comes back by itself, and is told that there is no more.
            const { total } = JSON.parse(data);
            source.onerror = () =>
              source.readyState === EventSource.CLOSED && resolve({ ids, errors, total });
          });
        }),
    );
    expect(found.total).toBe(280);
    expect(found.errors).toBe(1);
    expect(new Set(found.ids).size).toBe(280);
    expect(found.ids).toHaveLength(280);
  });

  test.each([
    [390, "light"],
    [390, "dark"],
    [1600, "light"],
    [1600, "dark"],
  ] as const)("axe finds nothing at %i px, %s", async (width, colorScheme) => {
    const { page: tab } = await open("ben", { viewport: { width, height: 900 }, colorScheme });
    await expect.poll(() => tab.getByRole("alert").count(), PATIENCE).toBe(1);
    expect(await violations(tab)).toEqual([]);
    expect(await tab.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(
      width,
    );
  });
});

const PATIENCE = { timeout: 20_000 };
