import type { Browser, BrowserContextOptions, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { DemoProcess, QUICK } from "../demo-process.js";
import { realBrowser } from "../real/chromium.js";
import { openTab, type Tab } from "./tab.js";
import { violations } from "./violations.js";

// Who can use the live page: by keys, by a screen reader, on a phone, in the dark.

const browser: Browser | undefined = await realBrowser("the live page's accessibility");

let demo: DemoProcess;

beforeAll(async () => {
  if (!browser) return;
  demo = await DemoProcess.start(...QUICK);
  await demo.said("until Ctrl-C");
});
afterAll(async () => {
  await browser?.close();
  await demo?.end();
});

const until = <T>(check: () => T | Promise<T>): Promise<T> =>
  vi.waitFor(check, { timeout: 30_000, interval: 30 });

const open = (options: BrowserContextOptions): Promise<Tab> =>
  openTab(browser as Browser, demo.url, options); // skipped without one

const PHONE = { width: 390, height: 844 };
const DESK = { width: 1600, height: 1000 };

const isTooWide = (page: Page): Promise<boolean> =>
  page.evaluate(() => document.documentElement.scrollWidth > innerWidth);

const marks = (page: Page): Promise<string[]> => page.locator(".verdict").allTextContents();

describe.skipIf(!browser)("the live page", () => {
  test.each([
    { name: "a phone", viewport: PHONE },
    { name: "a desk", viewport: DESK },
  ])("is accessible, and as wide as the window, light and dark: $name", async ({ viewport }) => {
    const { page, complaints } = await open({ viewport, colorScheme: "light" });
    await until(async () => {
      const pills = await page.locator(".viewer .pill").allTextContents();
      expect(pills).toEqual(Array(3).fill("Live"));
    });
    expect(await violations(page)).toEqual([]);
    await page.getByRole("textbox", { name: "Your text" }).fill("a long word ".repeat(40));
    await page.getByRole("radio", { name: "1,000" }).check({ force: true });
    await page.getByRole("button", { name: "Play the turn" }).click();
    await page.getByRole("button", { name: "Stop the turn" }).waitFor(); // or the marks are those of before
    await page.locator(".tool").first().waitFor();
    expect(await isTooWide(page)).toBe(false);
    await until(async () =>
      expect(await marks(page)).toEqual(Array(3).fill("Equal to the editor")),
    );
    await page.evaluate(() => {
      for (const each of document.querySelectorAll("details")) each.open = true;
    });
    const table = page.getByRole("table", { name: "Bytes to one viewer" });
    expect(await table.textContent()).toMatch(/MB/);
    expect(await violations(page)).toEqual([]);
    await page.emulateMedia({ colorScheme: "dark" });
    expect(await violations(page)).toEqual([]);
    expect(await isTooWide(page)).toBe(false);
    expect(complaints).toEqual([]);
  });

  test("says what it is by landmarks and headings, and tells what happens in one place", async () => {
    const { page } = await open({ viewport: DESK });
    for (const role of ["banner", "main", "log"] as const) {
      expect(await page.getByRole(role).count()).toBe(1);
    }
    expect(await page.getByRole("heading", { level: 1 }).textContent()).toMatch(/three viewers/);
    const headings = await page.getByRole("heading", { level: 2 }).allInnerTexts();
    expect(headings).toEqual([
      ...["The editor", "Viewer 1", "Viewer 2", "Viewer 3"],
      ...["Bytes to Viewer 1", "On the wire", "What happened"],
    ]);
    // What streams would be read out over and over: nothing of it is a live region.
    const live = page.locator('[aria-live], [role="status"], [role="alert"], [role="log"], output');
    expect(await live.count()).toBe(1);
  });

  test("can be used by keys alone, and always shows where one is", async () => {
    const { page, complaints } = await open({ viewport: DESK });
    const seen: string[] = [];
    const focused = () =>
      page.evaluate(() => {
        const element = document.activeElement;
        if (!element || element === document.body) return undefined;
        // A radio button lies under the word that is seen.
        const shown = element.matches('[type="radio"]') ? element.nextElementSibling : element;
        const label = element.getAttribute("aria-label") ?? element.textContent;
        const name =
          element instanceof HTMLInputElement ? element.value : element.id || label || "";
        return { name, ring: getComputedStyle(shown ?? element).outlineStyle };
      });
    const tabTo = async (name: string): Promise<void> => {
      for (let i = 0; i < 30; i++) {
        await page.keyboard.press("Tab");
        const at = await focused();
        if (!at) continue;
        seen.push(at.name);
        expect(at.ring, `the ring around ${at.name}`).toBe("solid");
        if (at.name === name) return;
      }
      throw new Error(`no way to ${name}: ${seen}`);
    };
    await page.getByRole("button", { name: "Play the turn" }).waitFor();
    await tabTo("Play the turn");
    await page.keyboard.press("Enter");
    await page.getByRole("button", { name: "Stop the turn" }).waitFor();
    expect((await focused())?.name).toBe("Stop the turn"); // it is the same place
    await page.keyboard.press("Space");
    await page
      .getByRole("log")
      .getByText(/was stopped after/)
      .waitFor();
    await tabTo("200");
    await page.keyboard.press("ArrowRight");
    expect((await focused())?.name).toBe("1000");
    await tabTo("Cut the network");
    await tabTo("Restart the server");
    await tabTo("What the editor writes");
    await tabTo("note");
    await page.keyboard.type("by keys");
    await until(async () => {
      const notes = await page.locator(".viewer .note").allTextContents();
      expect(notes).toEqual(Array(3).fill(expect.stringContaining("by keys")));
    });
    await tabTo("live");
    await page.keyboard.press("ArrowLeft"); // around: to the last one
    await until(async () => {
      const pill = page.locator('[data-viewer="yours"] .pill');
      expect(await pill.textContent()).toMatch(/^Stale for/);
    });
    await page.keyboard.press("ArrowRight");
    await tabTo("Reload");
    await tabTo("What Viewer 3 holds");
    await tabTo("socket");
    await tabTo("Frames");
    await tabTo("What happened");
    expect(complaints.filter((line) => !line.startsWith("WebSocket connection"))).toEqual([]);
  });

  test("is as light or dark as it is told, on the next visit too", async () => {
    const { page, complaints } = await open({ viewport: DESK, colorScheme: "light" });
    const ground = () => page.evaluate(() => getComputedStyle(document.body).backgroundColor);
    const light = await ground();
    await page.getByRole("radio", { name: "Dark" }).check({ force: true });
    const dark = await ground();
    expect(dark).not.toBe(light);
    await page.reload();
    expect(await ground()).toBe(dark);
    await page.getByRole("radio", { name: "Auto" }).check({ force: true });
    expect(await ground()).toBe(light);
    await page.emulateMedia({ colorScheme: "dark" });
    expect(await ground()).toBe(dark);
    expect(complaints).toEqual([]);
  });

  test("keeps still for who wants that", async () => {
    const { page } = await open({ viewport: DESK, reducedMotion: "reduce" });
    await page.getByRole("radio", { name: "50", exact: true }).check({ force: true });
    await page.getByRole("button", { name: "Play the turn" }).click();
    const pill = page.locator('.editor .pill[data-tone="busy"]');
    await pill.waitFor();
    const animation = () =>
      pill.evaluate((element) => getComputedStyle(element, "::before").animationName);
    expect(await animation()).toBe("none");
    await page.emulateMedia({ reducedMotion: "no-preference" });
    expect(await animation()).toBe("breathe");
    await page.getByRole("button", { name: "Stop the turn" }).click();
    await page.getByRole("button", { name: "Play the turn" }).waitFor();
  });

  test("asks nobody but its own server for anything", async () => {
    const { page } = await open({ viewport: DESK });
    const asked: string[] = [];
    page.on("request", (request) => asked.push(new URL(request.url()).origin));
    await page.reload();
    await page.getByRole("heading", { level: 1 }).waitFor();
    const others = asked.filter(
      (origin) => origin !== new URL(demo.url).origin && origin !== "null",
    );
    expect(others).toEqual([]);
  });
});
