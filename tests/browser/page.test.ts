import type { Browser, Locator, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { DemoProcess, QUICK } from "../demo-process.js";
import { realBrowser } from "../real/chromium.js";
import { openTab, type Tab } from "./tab.js";

// The page of `npm run demo`, as it is built and served, in a real browser.

const browser: Browser | undefined = await realBrowser("the live page");

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

/** What a browser itself writes when a connection fails: a page can neither catch nor prevent it. */
const FAILED =
  /^WebSocket connection to .* failed|^Failed to load resource: (net::ERR_|the server responded with a status of 50[234])/;

const own = ({ complaints }: Tab): string[] => complaints.filter((line) => !FAILED.test(line));

const open = (): Promise<Tab> => openTab(browser as Browser, demo.url); // skipped without one

const button = (page: Page, name: string): Locator => page.getByRole("button", { name });

const viewer = (page: Page, kind: "socket" | "http" | "yours"): Locator =>
  page.locator(`[data-viewer="${kind}"]`);

const notes = (page: Page): Promise<string[]> => page.locator(".viewer .note").allTextContents();

/** Radio buttons lie under what is seen of them. */
const choose = (place: Locator | Page, word: string): Promise<void> =>
  place.getByRole("radio", { name: word, exact: true }).check({ force: true });

const until = <T>(check: () => T | Promise<T>): Promise<T> =>
  vi.waitFor(check, { timeout: 30_000, interval: 30 });

async function play(page: Page, rate: "50" | "200" | "1,000" = "1,000"): Promise<void> {
  await choose(page, rate);
  await button(page, "Play the turn").click();
  await button(page, "Stop the turn").waitFor();
}

/** Waits until all viewers hold what the editor's own copy says. */
function settled(page: Page): Promise<void> {
  return until(async () => {
    const marks = await page.locator(".verdict").allTextContents();
    expect(marks).toEqual(Array(3).fill("Equal to the editor"));
  });
}

const told = (page: Page, text: string | RegExp): Promise<void> =>
  page.getByRole("log").getByText(text).last().waitFor();

const stepsOf = async (): Promise<number> => (await demo.report()).turn?.steps ?? 0;

describe.skipIf(!browser)("the live page", () => {
  test("plays the turn: all viewers end with the editor's own copy, and the bytes are told", async () => {
    const tab = await open();
    const { page } = tab;
    await play(page);
    await settled(page);
    const copy = await (await fetch(`${demo.url}control/turn`)).json();
    const tools = copy.parts.filter(
      ([, content]: [string, unknown]) => typeof content === "object",
    );
    for (const kind of ["socket", "http", "yours"] as const) {
      const card = viewer(page, kind);
      expect(await card.locator(".tool").count()).toBe(tools.length);
      expect(await card.textContent()).toContain(
        "The commit is on the branch and ready for review.",
      );
      expect(await card.locator(".reasoning p").first().isVisible()).toBe(false);
    }
    const figures = (await page.locator(".figures").textContent()) ?? "";
    const { turn, viewers } = await demo.report();
    expect(turn?.status).toBe("completed");
    expect(figures).toContain(`${((turn?.rawBytes ?? 0) / 1000).toFixed(1)} kB`);
    expect(figures).toContain(`${((turn?.naiveBytes ?? 0) / 1e6).toFixed(1)} MB`);
    const [, ratio] = /([\d.]+)× the text/.exec(figures) ?? [];
    expect(Number(ratio)).toBeGreaterThan(0.9);
    expect(Number(ratio)).toBeLessThan(1.3);
    expect(viewers.filter(({ down }) => down > 0)).toHaveLength(3);
    expect(own(tab)).toEqual([]);
  });

  test("the second viewer reads over HTTP alone", async () => {
    const sockets: string[] = [];
    const requests: string[] = [];
    const { page } = await open();
    page.on("websocket", (socket) => sockets.push(new URL(socket.url()).pathname));
    page.on("request", (request) => requests.push(new URL(request.url()).pathname));
    await page.reload();
    await until(async () => {
      expect(await viewer(page, "http").locator(".pill").textContent()).toBe("Live");
    });
    expect(sockets.some((path) => path.startsWith("/viewers/socket-"))).toBe(true);
    expect(sockets.filter((path) => path.startsWith("/viewers/http-"))).toEqual([]);
    expect(
      requests.filter((path) => /^\/viewers\/http-\w+\/wire\/.*events$/.test(path)),
    ).not.toEqual([]);
    await choose(page, "Viewer 2");
    await page.locator(".frame-row", { hasText: "requests over HTTP" }).waitFor();
  });

  test("what is typed, also in the middle, is in all viewers, and travels alone", async () => {
    const tab = await open();
    const { page } = tab;
    const box = page.getByRole("textbox", { name: "Your text" });
    await box.fill("");
    await box.pressSequentially("Hello ");
    await page.keyboard.insertText("world ".repeat(60));
    await until(async () =>
      expect(await notes(page)).toEqual(Array(3).fill(await box.inputValue())),
    );
    await box.evaluate((element: HTMLTextAreaElement) => element.setSelectionRange(5, 5));
    await page.keyboard.insertText(", dear 👩‍🚀");
    const edited = `Hello, dear 👩‍🚀 ${"world ".repeat(60)}`;
    expect(await box.inputValue()).toBe(edited);
    await until(async () => expect(await notes(page)).toEqual(Array(3).fill(edited)));
    const size =
      (await page.locator('.frame-row[data-kind="edit"] .cell-size').last().textContent()) ?? "";
    expect(Number.parseInt(size, 10)).toBeLessThan(50);

    // A selection that is replaced, a word that is deleted, and what an undo brings back.
    await box.evaluate((element: HTMLTextAreaElement) => element.setSelectionRange(0, 5));
    await page.keyboard.insertText("Good evening");
    await page.keyboard.press("Control+Backspace");
    await page.keyboard.press("Control+z");
    await page.keyboard.press("Control+End");
    await page.keyboard.press("Backspace");
    const value = await box.inputValue();
    expect(value).toMatch(/^Good evening, dear/);
    await until(async () => expect(await notes(page)).toEqual(Array(3).fill(value)));
    expect(own(tab)).toEqual([]);
  });

  test("the visitor's text outlives the tab, and whoever types last has it", async () => {
    const [first, second] = [await open(), await open()];
    const boxOf = ({ page }: Tab) => page.getByRole("textbox", { name: "Your text" });
    await until(async () => {
      await boxOf(first).fill("mine"); // what was there before may come in the midst of it
      expect(await boxOf(first).inputValue()).toBe("mine");
    });
    await until(async () => expect(await boxOf(second).inputValue()).toBe("mine"));
    await boxOf(second).press("End");
    await boxOf(second).pressSequentially(", and yours");
    await until(async () => expect(await boxOf(first).inputValue()).toBe("mine, and yours"));
    await boxOf(first).fill("mine again");
    await until(async () => expect(await boxOf(second).inputValue()).toBe("mine again"));
    await first.page.reload();
    await until(async () => expect(await boxOf(first).inputValue()).toBe("mine again"));
    expect([...own(first), ...own(second)]).toEqual([]);
  });

  test("the button stops the editor, by a command that it answers", async () => {
    const tab = await open();
    const { page } = tab;
    await play(page, "200");
    await until(async () => expect(await stepsOf()).toBeGreaterThan(20));
    await button(page, "Stop the turn").click();
    await told(page, /The editor heard the command and answered after/);
    await told(page, /was stopped after/);
    const { turn } = await demo.report();
    expect(turn?.status).toBe("cancelled");
    expect(turn?.steps).toBeLessThan(turn?.of ?? 0);
    await settled(page);
    expect(await viewer(page, "socket").textContent()).toContain("Stopped here.");
    expect(own(tab)).toEqual([]);
  });

  test("a viewer that was cut off comes back with one frame in the place of many", async () => {
    const tab = await open();
    const { page } = tab;
    const card = viewer(page, "yours");
    await play(page, "200");
    await choose(card, "Cut");
    await until(async () =>
      expect(await card.locator(".pill").textContent()).toMatch(/^Stale for/),
    );
    expect(await card.locator(".verdict").textContent()).toMatch(/^Holds version/);
    const before = await stepsOf();
    await until(async () => expect(await stepsOf()).toBeGreaterThan(before + 300));
    expect(await viewer(page, "socket").locator(".pill").textContent()).toBe("Live");
    await choose(card, "Live");
    await told(page, /Viewer 3 got \d+ versions as one frame of [\d,]+ bytes/);
    await until(async () => expect(await card.locator(".verdict").textContent()).toMatch(/^Equal/));
    await button(page, "Stop the turn").click();
    await settled(page);
    expect(own(tab)).toEqual([]);
  });

  test("a viewer that is loaded again in the middle of the turn has it all", async () => {
    const tab = await open();
    const { page } = tab;
    await play(page, "1,000");
    await until(async () => expect(await stepsOf()).toBeGreaterThan(500));
    await choose(page, "Viewer 3");
    await button(page, "Reload").click();
    await page.locator('.frame-row[data-kind="snapshot"]').first().waitFor();
    await settled(page);
    expect(own(tab)).toEqual([]);
  });

  test("a viewer that stalls, and one that is slow, have it all in the end", async () => {
    const tab = await open();
    const { page } = tab;
    const card = viewer(page, "yours");
    await until(async () => expect(await card.locator(".pill").textContent()).toBe("Live"));
    await choose(card, "Stall");
    await until(async () => expect(await card.locator(".pill").textContent()).toBe("Stalled"));
    await play(page);
    await until(async () => {
      expect(await card.locator(".verdict").textContent()).toMatch(/^[\d,]+ characters behind$/);
    });
    await button(page, "Play the turn").waitFor();
    await choose(card, "Slow");
    await until(async () => expect(await card.locator(".pill").textContent()).toBe("Live, slowly"));
    await until(async () => expect(await card.locator(".tool").count()).toBeGreaterThan(0));
    await choose(card, "Live");
    await settled(page);
    expect(own(tab)).toEqual([]);
  });

  test("everybody comes back from a network that was cut", async () => {
    const tab = await open();
    const { page } = tab;
    await play(page);
    await button(page, "Cut the network").click();
    await told(page, /The network is cut/);
    await until(async () => {
      const pills = await page.locator(".viewer .pill").allTextContents();
      expect(pills).toEqual(Array(3).fill(expect.stringMatching(/^Stale for/)));
    });
    await button(page, "Mend the network").click();
    await told(page, /All three viewers are up to date again/);
    await settled(page);
    expect(own(tab)).toEqual([]);
  });

  test("everybody comes back from a server that was killed", async () => {
    const tab = await open();
    const { page } = tab;
    await play(page);
    await button(page, "Restart the server").click();
    await told(page, /The server was killed/);
    await told(page, /All three viewers are up to date again/);
    await settled(page);
    expect((await demo.report()).server).toMatchObject({ is: "up" });
    expect(own(tab)).toEqual([]);
  });

  test("of the frames only those in sight are elements, and all can be scrolled to", async () => {
    const tab = await open();
    const { page } = tab;
    const box = page.getByRole("textbox", { name: "Your text" });
    const rows = page.getByRole("table", { name: "The last frames" });
    await play(page);
    for (let i = 0; i < 12; i++) {
      await box.press("End");
      await box.pressSequentially("x");
      await until(async () => expect((await notes(page))[0]).toBe(await box.inputValue()));
    }
    await settled(page);
    expect(Number(await rows.getAttribute("aria-rowcount"))).toBeGreaterThan(40);
    expect(await rows.getByRole("row").count()).toBeLessThan(35);
    const list = page.getByRole("region", { name: "Frames" });
    await list.evaluate((element) => element.scrollTo(0, 0));
    await rows.getByText("a WebSocket is open").waitFor();
    await button(page, "Newest").click();
    await until(async () => {
      const last = await rows.getByRole("row").last().getAttribute("aria-rowindex");
      expect(last).toBe(await rows.getAttribute("aria-rowcount"));
    });
    expect(own(tab)).toEqual([]);
  });
});
