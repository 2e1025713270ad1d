import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import type { Browser, BrowserContextOptions, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { type Backend, startBackend } from "../../examples/agent-thread/backend.js";
import {
  type RealNeovim,
  startNeovim,
} from "../../examples/agent-thread/editor/src/testing/real-neovim.js";
import { replayOldEditor } from "../../examples/agent-thread/old-editors/replay.js";
import {
  type OldEditors,
  serveOldEditors,
} from "../../examples/agent-thread/old-editors/server.js";
import { realBrowser } from "../real/chromium.js";
import { neovimPart } from "../real/neovim.js";
import { realDatabase } from "../real/postgres.js";
import { openTab, type Tab } from "./tab.js";
import { violations } from "./violations.js";

// The page of examples/agent-thread, as it is built, with editors that are real.

const example = fileURLToPath(new URL("../../examples/agent-thread", import.meta.url));
const what = "agent threads from editor to page";
const [browser, database, part] = [
  await realBrowser(what),
  await realDatabase(what),
  await neovimPart(what),
];

describe.skipIf(!browser || !database || !part)("the page of agent threads", () => {
  let backend: Backend;
  let old: OldEditors;

  beforeAll(async () => {
    if (!existsSync(`${example}/dist/page`))
      throw new Error("the page is not built: npm run build");
    backend = await startBackend({ database: database?.url ?? "" });
    old = await serveOldEditors(backend.url, 0);
  });
  afterAll(async () => {
    await old?.close();
    await backend?.close();
    await database?.close();
    await browser?.close();
  });

  let threads = 0;
  const newThread = (): string => `page-${process.pid}-${++threads}`;

  const open = (thread: string, options: BrowserContextOptions = {}): Promise<Tab> =>
    openTab(browser as Browser, `${backend.origin}/#/${thread}`, options);

  const editor = (): Promise<RealNeovim> => startNeovim(part as NonNullable<typeof part>);

  /** An editor of the old protocol, until the test ends. */
  async function oldEditor(thread: string, file: string): Promise<void> {
    const recording = await readFile(`${example}/old-editors/recordings/${file}`, "utf8");
    const ending = new AbortController();
    const { signal } = ending;
    const over = replayOldEditor({ url: old.url, thread, recording, signal, pace: 0 });
    onTestFinished(() => {
      ending.abort();
      return over;
    });
  }

  test("a turn looks the same by the new editor and by the old one, and both answer prompts", async () => {
    const [one, other] = [newThread(), newThread()];
    const { nvim } = await editor();
    await nvim.command(
      `DeltawireReplay ${example}/recordings/rate-limit.jsonl ${one} ${backend.url}`,
    );
    await oldEditor(other, "rate-limit.jsonl");
    const { page, complaints } = await open(one);
    await shows(page, "add the limit to the import endpoint as well?");
    const byNew = await entries(page);
    await page.goto(`${backend.origin}/#/${other}`);
    await expect.poll(() => entries(page), PATIENCE).toEqual(byNew);
    expect(byNew.map(([look, title]) => [look, title])).toEqual([
      ["user", "You"],
      ["assistant", "Agent"],
      ["tool completed", "grep"],
      ["assistant", "Agent"],
      ["tool completed", "edit_file"],
      ["tool failed", "npm test"],
      ["assistant", "Agent"],
      ["tool completed", "edit_file"],
      ["tool completed", "npm test"],
      ["assistant", "Agent"],
    ]);

    for (const thread of [one, other]) {
      await page.goto(`${backend.origin}/#/${thread}`);
      const box = page.getByRole("textbox", { name: "Ask the agent" });
      await box.fill("Yes, please.");
      await box.press("Enter");
      await expect.poll(() => box.inputValue(), PATIENCE).toBe("");
      const texts = () => page.locator(".entry").count();
      await expect.poll(texts, PATIENCE).toBe(2 * byNew.length);
      expect(await page.locator(".entry").nth(byNew.length).textContent()).toContain(
        "Yes, please.",
      );
    }
    expect(complaints).toEqual([]);
  });

  test("shows what is typed, brings a prompt to the buffer, and stops it", async () => {
    const thread = newThread();
    const { nvim, lines } = await editor();
    const { page, complaints } = await open(thread);
    await nvim.command(`DeltawireThread ${thread} ${backend.url}`);
    await nvim.input("iFirst,<CR>**look**.<Esc>");
    await expect
      .poll(() => page.locator(".growing").textContent(), PATIENCE)
      .toBe("First,\n**look**.");
    await page.getByRole("link", { name: `${thread} Running` }).waitFor(); // on the list as well

    await page.getByRole("textbox", { name: "Ask the agent" }).fill("And then?");
    await page.getByRole("button", { name: "Send" }).click();
    await expect.poll(lines, PATIENCE).toEqual(["First,", "**look**.", "And then?", ""]);
    await expect
      .poll(() => page.locator(".prose strong").allInnerTexts(), PATIENCE)
      .toEqual(["look"]);
    await nvim.input("iThen tests<Esc>");
    await expect.poll(() => page.locator(".growing").textContent(), PATIENCE).toBe("Then tests");
    await page.getByRole("button", { name: "Stop" }).click();
    await page.getByText("Stopped.").waitFor();
    await page.getByRole("link", { name: `${thread} Idle` }).waitFor();
    expect(complaints).toEqual([]);
  });

  test("a prompt that is refused says why, and stays; stop ends the turn", async () => {
    const thread = newThread();
    const { nvim } = await editor();
    const { page } = await open(thread);
    await page.getByText("Nothing was written here yet.").waitFor();
    await nvim.setVar("deltawire_step", 300);
    await nvim.command(
      `DeltawireReplay ${example}/recordings/rate-limit.jsonl ${thread} ${backend.url}`,
    );
    await page.getByRole("img", { name: "Writing" }).waitFor();
    const box = page.getByRole("textbox", { name: "Ask the agent" });
    await box.fill("And logging?");
    await box.press("Enter");
    await page.getByRole("alert").getByText("still at work").waitFor();
    expect(await box.inputValue()).toBe("And logging?");
    await page.getByRole("button", { name: "Stop", exact: true }).click();
    await page.getByRole("main").getByText("Idle", { exact: true }).waitFor();
    expect((await entries(page)).length).toBeLessThan(10); // the turn has as many
  });

  test("is accessible, and as wide as the window: a phone and a desk, light and dark", async () => {
    const thread = newThread();
    await oldEditor(thread, "rate-limit.jsonl");
    for (const viewport of [
      { width: 390, height: 844 },
      { width: 1600, height: 1000 },
    ]) {
      const { page, complaints } = await open(thread, { viewport, colorScheme: "light" });
      await shows(page, "add the limit to the import endpoint as well?");
      for (const name of await page.locator("details:not([open]) > summary").all())
        await name.focus();
      for (const colorScheme of ["light", "dark"] as const) {
        await page.emulateMedia({ colorScheme });
        expect(await violations(page)).toEqual([]);
        const isTooWide = () => document.documentElement.scrollWidth > innerWidth;
        expect(await page.evaluate(isTooWide)).toBe(false);
      }
      if (viewport.width < 700) {
        await page.getByRole("link", { name: "All threads" }).click();
        await page
          .getByRole("link", { name: /add a rate limit|Rate limits/ })
          .first()
          .waitFor();
        expect(await violations(page)).toEqual([]);
      }
      expect(complaints).toEqual([]);
    }
  });

  test("goes on where it was when the backend comes back", async () => {
    const thread = newThread();
    const { nvim } = await editor();
    await nvim.command(`DeltawireThread ${thread} ${backend.url}`);
    await nvim.input("ibefore<Esc>");
    const { page } = await open(thread);
    await expect.poll(() => page.locator(".growing").textContent(), PATIENCE).toBe("before");
    const port = Number(new URL(backend.origin).port);
    await backend.close();
    await page.getByText("Offline", { exact: true }).waitFor();
    await nvim.input("a and after<Esc>");
    backend = await startBackend({ database: database?.url ?? "", port });
    await page.getByRole("button", { name: "Retry" }).click();
    await page.getByText("Live", { exact: true }).waitFor();
    await expect
      .poll(() => page.locator(".growing").textContent(), PATIENCE)
      .toBe("before and after");
  });
});

const PATIENCE = { timeout: 30_000, interval: 30 };

/** Waits until an entry has this text. */
const shows = (page: Page, text: string): Promise<void> =>
  expect
    .poll(() => page.locator(".entry").allInnerTexts(), PATIENCE)
    .toEqual(expect.arrayContaining([expect.stringContaining(text)]));

/** What each entry looks like, what stands above it, and what it says. */
const entries = (page: Page): Promise<readonly (readonly string[])[]> =>
  page
    .locator(".entry")
    .evaluateAll((found) =>
      found.map((entry) => [
        [entry.classList.item(1), entry.getAttribute("data-state")].join(" ").trim(),
        entry.querySelector("h3")?.textContent ?? "",
        entry.textContent ?? "",
      ]),
    );
