import { readFile } from "node:fs/promises";
import type { Page } from "playwright-core";
import { describe, expect, test } from "vitest";
import { grid, InspectorPages, shown, status, tab } from "./inspector-page.js";
import type { InspectorLab } from "./pages/inspector.js";
import { violations } from "./violations.js";

declare const lab: InspectorLab; // in the page

const pages = await InspectorPages.of();

const line = (page: Page, tree: string, text: string) =>
  page.getByRole("tree", { name: tree }).locator(".line", { hasText: text });

describe.skipIf(!pages.browser)("over a wire", () => {
  test.each(["msgpack", "json"] as const)("shows what crosses it: %s", async (codec) => {
    const page = await pages.open({ viewport: { width: 1400, height: 800 } });
    const name = `live-${codec}`;
    const writer = pages.server.channel(name).write("turn-1", { role: "assistant" });
    writer.append("Hello");
    await page.evaluate(([url, name, codec]) => lab.live(url, name, codec), [
      pages.url,
      name,
      codec,
    ] as const);
    await expect
      .poll(async () => (await shown(page)).map(({ cells }) => cells[2]))
      .toContain("snapshot");
    writer.append(" again");
    await expect
      .poll(async () => (await shown(page)).map(({ cells }) => cells[2]))
      .toContain("changes");
    const rows = await shown(page);
    const kinds = rows.map(({ cells }) => cells[2]);
    expect(kinds.slice(0, 2)).toEqual(["opened", "hello"]);
    expect(kinds).toContain("welcome");
    const snapshot = rows.find(({ cells }) => cells[2] === "snapshot");
    expect(snapshot?.cells[1]).toBe("↓");
    expect(snapshot?.cells[3]).toBe(name);
    expect(snapshot?.cells[7]).toBe("joined");
    await grid(page).locator(".row", { hasText: "changes" }).first().click();
    await expect.poll(() => line(page, "Frame", "changed_offset").count()).toBeGreaterThan(0);
    expect(await line(page, "Frame", "from").first().textContent()).toMatch(/from\s*\d+/);
    await tab(page, "Frame", "Raw").click();
    const raw = await page.getByRole("tree", { name: "Raw message" }).textContent();
    expect(raw).toMatch(codec === "json" ? /"type":"changes"/ : /^0000 {2}([0-9a-f]{2} )+.*again/);
    await tab(page, "Frame", "State").click();
    expect(await page.getByRole("tree", { name: "State" }).locator("ins").textContent()).toBe(
      " again",
    );
  });

  test("unmounting leaves nothing: no element, no listener, no tap", async () => {
    const page = await pages.open();
    await page.evaluate((url) => lab.live(url, "left"), pages.url);
    await expect.poll(async () => (await shown(page)).length).toBeGreaterThan(3);
    expect(await page.evaluate(() => lab.taps)).toBe(1);
    await page.evaluate(() => lab.stop());
    expect(await page.evaluate(() => lab.taps)).toBe(0);
    expect(await page.locator(".deltawire-inspector").count()).toBe(0);
    const session = await page.context().newCDPSession(page);
    const counted = async () => {
      await session.send("HeapProfiler.collectGarbage");
      const { nodes, jsEventListeners } = await session.send("Memory.getDOMCounters");
      return { nodes, jsEventListeners };
    };
    const again = async () => {
      await page.evaluate(() => {
        lab.mount();
        return new Promise((painted) =>
          requestAnimationFrame(() => requestAnimationFrame(painted)),
        );
      });
      await page.evaluate(() => lab.stop());
    };
    await again();
    const before = await counted();
    for (let i = 0; i < 5; i++) await again();
    await expect.poll(counted).toEqual(before);
    expect(await page.evaluate(() => lab.taps)).toBe(0);
    expect(
      await page.evaluate(() =>
        lab.listened.filter((type) => type !== "online" && type !== "visibilitychange"),
      ),
    ).toEqual([]);
  });
});

describe.skipIf(!pages.browser)("the inspector", () => {
  test("the slider shows the state at any version, and what changed", async () => {
    const page = await pages.many(600);
    await tab(page, "Inspector", "State").click();
    const slider = page.getByRole("slider", { name: "Version" });
    const said = () => slider.getAttribute("aria-valuetext");
    const count = await page.evaluate(
      () => lab.recorder?.versions("thread-42", "read").length ?? 0,
    );
    for (const index of [0, 1, 37, 250, count - 1]) {
      await slider.fill(String(index));
      const [seq, text] = await page.evaluate((index) => {
        const version = lab.recorder?.versions("thread-42", "read").at(index);
        const state = version && lab.recorder?.stateAt(version.row, "thread-42", "read");
        return [state?.seq, state?.messages.at(-1)?.text];
      }, index);
      expect(await said()).toMatch(
        new RegExp(`^Version ${seq}, step ${index + 1} of ${count}, at `),
      );
      await expect
        .poll(() => page.locator(".state .part .title").last().textContent())
        .toBe(`State at version ${seq}`);
      if (text === undefined) continue;
      const tree = page.getByRole("tree", { name: "State" });
      expect(await tree.textContent()).toContain(text.slice(-12));
      if (index < 2) continue; // the message itself is new
      const added = (await tree.locator("ins").last().textContent()) ?? "";
      expect(added.length).toBeGreaterThan(3);
      expect(text.endsWith(added)).toBe(true);
    }
    await slider.press("ArrowLeft");
    expect(await said()).toContain(`step ${count - 1} of ${count}`);
    await page.getByRole("button", { name: "Version after" }).click();
    expect(await said()).toContain(`step ${count} of ${count}`);
    await page.evaluate(() => lab.more(10));
    await expect.poll(said).toMatch(/step 51\d of 51\d/); // the newest, and it follows
    await page.locator(".versions .link").click();
    await expect.poll(async () => (await shown(page)).some(({ row }) => row > 600)).toBe(true);
    expect(await page.getByRole("region", { name: "Details of the frame" }).isVisible()).toBe(true);
  });

  test("a recording is saved, opened again with the same rows, and played", async () => {
    const page = await pages.many(700);
    const ends = () =>
      page.evaluate(async () => {
        const rows: (readonly string[])[] = [];
        for (const part of [0, 1]) {
          await lab.scroll(part);
          const cells = lab.shown().map((row) => row.cells);
          rows.push(...(part === 0 ? cells.slice(0, 15) : cells.slice(-15)));
        }
        return rows;
      });
    const before = await ends();
    const download = page.waitForEvent("download");
    await page.getByRole("button", { name: "Save the recording" }).click();
    const path = await (await download).path();
    const lines = (await readFile(path, "utf8")).trim().split("\n");
    expect(lines.length).toBe(701);
    await page.getByRole("button", { name: "Clear" }).click();
    await expect.poll(() => status(page)).toMatch(/^0 frames/);
    await page.locator("input[type=file]").setInputFiles(path);
    await expect.poll(() => status(page)).toMatch(/^700 frames/);
    expect(await ends()).toEqual(before);
    await page.getByRole("combobox", { name: "Speed" }).selectOption("16×");
    await page.getByRole("button", { name: "Play", exact: true }).click();
    await page.getByRole("button", { name: "Pause", exact: true }).click();
    const part = Number.parseInt(await status(page), 10);
    expect(part).toBeLessThan(700);
    await page.getByRole("combobox", { name: "Speed" }).selectOption("at once");
    await page.getByRole("button", { name: "Play", exact: true }).click();
    await expect.poll(() => status(page)).toMatch(/^700 frames/);
    expect(await ends()).toEqual(before);
    await page.getByRole("button", { name: "Close the recording" }).click();
    await expect.poll(() => status(page)).toMatch(/^0 frames/);
    const name = "other.jsonl";
    const buffer = Buffer.from('{"recording":"deltawire","version":1}\n{"type":"moved"}\n');
    await page.locator("input[type=file]").setInputFiles({ name, mimeType: "", buffer });
    await expect
      .poll(() => page.getByRole("alert").textContent())
      .toContain("other.jsonl cannot be opened");
  });

  test("everything by the keyboard", async () => {
    const page = await pages.many(2000, { viewport: { width: 1300, height: 700 } });
    const selected = () =>
      page.evaluate(
        () =>
          lab
            .shown()
            .find(
              ({ row }) =>
                row >= 0 &&
                document
                  .querySelector(".deltawire-inspector")
                  ?.shadowRoot?.querySelector(`#row-${row}`)
                  ?.getAttribute("aria-selected") === "true",
            )?.row,
      );
    await tab(page, "Inspector", "Frames").focus();
    await page.keyboard.press("ArrowRight");
    await page.keyboard.press("ArrowRight");
    await expect.poll(() => page.getByRole("table").isVisible()).toBe(true);
    await page.keyboard.press("Home");
    await grid(page).focus();
    await page.keyboard.press("ArrowUp");
    expect(await selected()).toBe(1999);
    await page.keyboard.press("Home");
    expect(await selected()).toBe(0);
    await page.keyboard.press("ArrowDown");
    await page.keyboard.press("ArrowDown");
    expect(await selected()).toBe(2);
    expect(await grid(page).getAttribute("aria-activedescendant")).toBe("row-2");
    await page.keyboard.press("PageDown");
    const seen = (await shown(page)).length;
    expect(Math.abs(((await selected()) ?? 0) - 2 - seen)).toBeLessThan(4);
    await page.keyboard.press("End");
    expect(await selected()).toBe(1999);
    await page.keyboard.press("Enter");
    expect(await focused(page)).toBe("Decoded");
    await page.keyboard.press("ArrowRight");
    await page.keyboard.press("ArrowRight");
    expect(await focused(page)).toBe("State");
    await page.keyboard.press("ArrowLeft");
    await page.keyboard.press("ArrowLeft");
    const tree = page.getByRole("tree", { name: "Frame" });
    await tree.locator("[tabindex='0']").focus();
    await page.keyboard.press("End");
    const count = await tree.getByRole("treeitem").count();
    await page.keyboard.press("ArrowLeft"); // to what it is in
    await page.keyboard.press("ArrowLeft"); // and that is closed
    expect(await tree.getByRole("treeitem").count()).toBeLessThan(count);
    await page.keyboard.press("ArrowRight");
    expect(await tree.getByRole("treeitem").count()).toBe(count);
    await page.keyboard.press("Escape");
    expect(await page.getByRole("region", { name: "Details of the frame" }).isVisible()).toBe(
      false,
    );
    expect(await focused(page)).toBe("Frames");
  });

  test("in the body it stands at the bottom of the window; its sides can be moved", async () => {
    const page = await pages.many(800, { viewport: { width: 1000, height: 700 } });
    await page.evaluate(() => lab.dock());
    const box = async () => {
      const { y = 0, height = 0 } =
        (await page.locator(".deltawire-inspector").boundingBox()) ?? {};
      return { height, end: y + height };
    };
    expect(await box()).toEqual({ height: 320, end: 700 });
    const divider = page.getByRole("separator", { name: "Height of the inspector" });
    await divider.press("ArrowUp");
    expect(await box()).toEqual({ height: 340, end: 700 });
    await divider.hover();
    await page.mouse.down();
    await page.mouse.move(500, 260, { steps: 3 });
    await page.mouse.up();
    expect(Math.abs((await box()).height - 440)).toBeLessThan(8);
    expect(await divider.getAttribute("aria-valuenow")).toMatch(/^3[678]$/);
    await grid(page).press("Home");
    const details = page.getByRole("region", { name: "Details of the frame" });
    const width = (await details.boundingBox())?.width ?? 0;
    const side = page.getByRole("separator", { name: "Size of the details" });
    await side.press("ArrowLeft");
    expect((await details.boundingBox())?.width).toBeCloseTo(width + 20, -1);
    expect(await side.getAttribute("aria-orientation")).toBe("vertical");
    expect(await violations(page)).toEqual([]);
    await page.getByRole("button", { name: "Fold the inspector" }).click();
    expect(await box()).toEqual({ height: 34, end: 700 });
    await page.getByRole("button", { name: "Unfold the inspector" }).click();
    expect((await box()).height).toBeGreaterThan(400);
  });

  test.each([
    [1600, 900, "light"],
    [1600, 900, "dark"],
    [390, 844, "light"],
    [390, 844, "dark"],
  ] as const)("axe finds nothing at %i × %i, %s", async (width, height, colorScheme) => {
    const page = await pages.many(800, { viewport: { width, height }, colorScheme });
    await page.getByRole("combobox", { name: "Channel" }).selectOption("thread-42");
    await grid(page).focus();
    await page.keyboard.press("End");
    expect(await violations(page)).toEqual([]);
    await tab(page, "Frame", "State").click();
    await page.getByRole("button", { name: "Kinds" }).click();
    expect(await violations(page)).toEqual([]);
    await tab(page, "Inspector", "State").click();
    expect(await violations(page)).toEqual([]);
    await tab(page, "Inspector", "Totals").click();
    expect(await violations(page)).toEqual([]);
  });
});

const focused = (page: Page) =>
  page.evaluate(() => {
    const active = document.activeElement?.shadowRoot?.activeElement;
    return active?.getAttribute("aria-label") ?? active?.textContent;
  });
