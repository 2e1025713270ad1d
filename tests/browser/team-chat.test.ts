import type { Browser, BrowserContextOptions, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { type Backend, serveChat } from "../../examples/team-chat/backend.js";
import { realBrowser } from "../real/chromium.js";
import { buildExamplePage, type ExamplePage } from "./example-page.js";
import { openTab } from "./tab.js";
import { violations } from "./violations.js";

const browser: Browser | undefined = await realBrowser("the team chat's page");
const PATIENCE = { timeout: 20_000, interval: 30 };

const here = async (page: Page) =>
  (await page.locator(".here li").allInnerTexts()).map((text) => text.replaceAll("\n", " "));
const plan = (page: Page) => page.locator(".plan li .badge").allInnerTexts();
const texts = (page: Page) => page.locator(".message .text").allInnerTexts();

describe.skipIf(!browser)("the team chat", () => {
  let built: ExamplePage;
  beforeAll(async () => {
    built = await buildExamplePage("team-chat");
  });
  afterAll(async () => {
    await browser?.close();
    await built.remove();
  });

  async function start(pace: number): Promise<Backend> {
    const backend = await serveChat({ port: 0, page: built.folder, pace });
    onTestFinished(() => backend.close());
    return backend;
  }

  async function come({ url }: Backend, where: string, options: BrowserContextOptions = {}) {
    if (!browser) throw new Error("skipped without a browser");
    const tab = await openTab(browser, `${url}${where}`, options);
    await tab.page.getByText("Live", { exact: true }).waitFor();
    return tab;
  }

  async function say(page: Page, text: string): Promise<void> {
    await page.getByRole("textbox", { name: "Message" }).fill(text);
    await page.getByRole("button", { name: "Send" }).click();
  }

  test("people see each other, and an agent whose plan is patched as it runs", async () => {
    const backend = await start(0.2);
    const [ann, bob] = [
      await come(backend, "?name=Ann#/general"),
      await come(backend, "?name=Bob#/general"),
    ];
    const everybody = ["Ann", "Bob", "relay agent", "scout agent"];
    for (const { page } of [ann, bob])
      await expect.poll(async () => (await here(page)).sort(), PATIENCE).toEqual(everybody);

    await ann.page.getByRole("textbox", { name: "Message" }).fill("Hel");
    await expect.poll(() => here(bob.page), PATIENCE).toContain("Ann is writing…");
    await say(ann.page, "Hello, Bob. @relay please");
    for (const { page } of [ann, bob])
      await expect.poll(() => texts(page), PATIENCE).toContain("Hello, Bob. @relay please");
    await expect.poll(() => here(bob.page), PATIENCE).toContain("Ann");

    await bob.page.getByRole("region", { name: "Plan: Ship 2.4" }).waitFor();
    await expect.poll(() => plan(bob.page), PATIENCE).toContain("running");
    await expect.poll(() => plan(bob.page), PATIENCE).toContain("failed"); // and then again
    await expect.poll(() => plan(bob.page), PATIENCE).toEqual(Array(5).fill("done"));
    await expect
      .poll(() => texts(ann.page), PATIENCE)
      .toContainEqual(expect.stringMatching(/^2\.4 is out\. .* this morning\.$/));

    // Another room has other people; who closes his page is gone after the lease.
    await ann.page.getByRole("link", { name: "Support" }).click();
    await expect.poll(() => here(bob.page), PATIENCE).not.toContain("Ann");
    await ann.page.getByRole("link", { name: "General" }).click();
    await expect.poll(() => here(bob.page), PATIENCE).toContain("Ann");
    await bob.page.close();
    await expect.poll(() => here(ann.page), PATIENCE).not.toContain("Bob");
    expect([...ann.complaints, ...bob.complaints]).toEqual([]);
  });

  test("an agent is stopped by whoever looks on", async () => {
    const backend = await start(1);
    const { page } = await come(backend, "?name=Ann#/release");
    await page.getByRole("region", { name: "Plan: Ship 2.4" }).waitFor();
    await page.getByRole("button", { name: "Stop" }).first().click();
    await page.getByText("Stopped.").first().waitFor();
    await expect.poll(() => page.locator('[aria-busy="true"]').count(), PATIENCE).toBe(0);
  });

  test("a switch makes values compact or plain, with the bytes of either beside it", async () => {
    const backend = await start(0);
    const { page, complaints } = await come(backend, "?name=Ann#/release");
    const whole = async (way: string) => {
      const text = await page.locator(`[data-way="${way}"] td`).first().textContent();
      const [, count, unit] = /^([\d.]+) (k?B)$/.exec(text ?? "") ?? [];
      return Number(count ?? 0) * (unit === "kB" ? 1000 : 1);
    };
    for (const [name, way] of [
      ["Compact", "compact"],
      ["Plain", "plain"],
      ["JSON", "json"],
    ] as const) {
      await page.getByRole("radio", { name }).check();
      await expect.poll(() => whole(way), PATIENCE).toBeGreaterThan(0);
      await expect.poll(() => plan(page), PATIENCE).toEqual(Array(5).fill("done"));
      await expect.poll(() => here(page), PATIENCE).toContain("Ann");
    }
    // The room's state may come after that of who is there.
    const json = () => whole("json");
    await expect
      .poll(json, PATIENCE)
      .toBeGreaterThan(Math.max(await whole("compact"), await whole("plain")));
    expect(await whole("compact")).not.toBe(await whole("plain"));

    // At the server: for everybody, at once.
    const server = page.getByRole("switch", { name: "Compact at the server" });
    await server.click();
    await expect.poll(() => server.textContent(), PATIENCE).toBe("off");
    expect(backend.server.compact).toBe(false);
    await page.getByText(/The server to everybody: .* instead of/).waitFor();
    expect(complaints).toEqual([]);
  });

  test("is accessible, light and dark, on a phone and on a large screen", async () => {
    const backend = await start(0);
    for (const viewport of [
      { width: 390, height: 844 },
      { width: 1600, height: 1000 },
    ]) {
      const { page, complaints } = await come(backend, "?name=Anna#/release", { viewport });
      await expect.poll(() => plan(page), PATIENCE).toEqual(Array(5).fill("done"));
      for (const colorScheme of ["light", "dark"] as const) {
        await page.emulateMedia({ colorScheme });
        expect(await violations(page)).toEqual([]);
        const isTooWide = () => document.documentElement.scrollWidth > innerWidth;
        expect(await page.evaluate(isTooWide)).toBe(false);
      }
      expect(complaints).toEqual([]);
    }
  });
});
