import { describe, expect, test } from "vitest";
import { grid, InspectorPages, shown, status } from "./inspector-page.js";
import type { InspectorLab } from "./pages/inspector.js";

declare const lab: InspectorLab; // in the page

const pages = await InspectorPages.of();

describe.skipIf(!pages.browser)("100,000 rows", () => {
  test("few elements, the right rows anywhere, and what is looked at stays", async () => {
    const page = await pages.many(100_000, { viewport: { width: 1600, height: 900 } });
    await expect.poll(async () => (await shown(page)).at(-1)?.row).toBe(99_999);
    await page.evaluate(() => {
      lab.longTasks.length = 0;
    });
    for (const part of [0, 0.1, 0.333, 0.5, 0.9, 1]) {
      await page.evaluate((part) => lab.scroll(part), part);
      const rows = await shown(page);
      expect(rows.length).toBeGreaterThan(25);
      // A pixel is less than a row: the first row is where the scroll bar says.
      const first = rows[0]?.row ?? 0;
      expect(Math.abs(first - part * (100_000 - rows.length))).toBeLessThan(3);
      expect(rows.map(({ row }) => row)).toEqual(rows.map((_, i) => first + i));
      expect(rows.map(({ index }) => index)).toEqual(rows.map(({ row }) => row + 2));
      const real = await page.evaluate(
        (numbers) =>
          numbers.map((number) => {
            const row = lab.recorder?.row(number);
            return [row?.kind, row?.channel ?? "", row?.seq === undefined ? "" : String(row.seq)];
          }),
        rows.map(({ row }) => row),
      );
      expect(rows.map(({ cells }) => cells.slice(2, 5))).toEqual(real);
      expect(await page.evaluate(() => lab.elements())).toBeLessThan(1200);
    }
    expect(await grid(page).getAttribute("aria-rowcount")).toBe("100001");

    await page.evaluate(() => lab.scroll(0.5));
    const before = await shown(page);
    await page.evaluate(() => lab.more(500)); // the oldest 500 go: there is room for 100,000
    await expect.poll(() => status(page)).toContain("500 older ones gone");
    expect(await shown(page)).toMatchObject(
      before.map(({ row, cells, top }) => ({ row, cells, top })),
    );
    await page.getByRole("button", { name: "500 new frames" }).click();
    await expect.poll(async () => (await shown(page)).at(-1)?.row).toBe(100_499);
    await page.evaluate(() => lab.more(1));
    await expect.poll(async () => (await shown(page)).at(-1)?.row).toBe(100_500);
    console.log(
      "tasks of 50 ms and more while scrolling and appending:",
      await page.evaluate(() => lab.longTasks),
    );
  });

  test("search and filters", async () => {
    const page = await pages.many(20_000);
    const search = page.getByRole("searchbox", { name: "Search frames" });
    await search.fill("PONG");
    await expect.poll(() => status(page)).toMatch(/^\d\d of 20,000 frames/);
    expect(new Set((await shown(page)).map(({ cells }) => cells[2]))).toEqual(new Set(["pong"]));
    await search.fill('message_completed "turn-3"');
    await expect.poll(() => status(page)).toMatch(/^[12] of 20,000/);
    await search.fill("no such thing");
    await expect
      .poll(() => page.locator(".empty").textContent())
      .toBe("No frame passes the filters.");
    await search.fill("");
    await page.getByRole("combobox", { name: "Direction" }).selectOption("↑ sent");
    await expect
      .poll(async () => new Set((await shown(page)).map(({ cells }) => cells[1])))
      .toEqual(new Set(["↑"]));
    await page.getByRole("combobox", { name: "Direction" }).selectOption("↑↓ both ways");
    await page.getByRole("combobox", { name: "Channel" }).selectOption("terminal");
    await expect
      .poll(async () => new Set((await shown(page)).map(({ cells }) => cells[3])))
      .toEqual(new Set(["terminal"]));
    await page.getByRole("combobox", { name: "Channel" }).selectOption("All channels");
    await page.getByRole("combobox", { name: "Reason" }).selectOption("caught up");
    await expect
      .poll(async () => new Set((await shown(page)).map(({ cells }) => cells[7])))
      .toEqual(new Set(["caught up"]));
    await page.getByRole("combobox", { name: "Reason" }).selectOption("Any reason");
    await page.getByRole("button", { name: "Kinds" }).click();
    await page.getByRole("checkbox", { name: "changes" }).uncheck();
    await expect
      .poll(async () => (await shown(page)).every(({ cells }) => cells[2] !== "changes"))
      .toBe(true);
    await page.keyboard.press("Escape");
    await expect
      .poll(() =>
        page.getByRole("button", { name: "Kinds (1 hidden)" }).getAttribute("aria-expanded"),
      )
      .toBe("false");
  });

  test("a stretch of time is chosen in the chart", async () => {
    const page = await pages.many(3000);
    const all = await status(page);
    const from = page.getByRole("slider", { name: "Shown from" });
    for (let i = 0; i < 5; i++) await from.press("PageUp");
    await expect.poll(() => status(page)).toMatch(/^1,[3-7]\d\d of 3,000/);
    const start = Number(await from.getAttribute("aria-valuenow")) / 1000;
    const first = async () => {
      await page.evaluate(() => lab.scroll(0));
      return seconds((await shown(page))[0]?.cells[0]);
    };
    expect(await first()).toBeGreaterThanOrEqual(start - 0.001);
    await from.press("Escape");
    await expect.poll(() => status(page)).toBe(all);
    const box = await page.locator(".plot").boundingBox();
    if (!box) throw new Error("no chart");
    await page.mouse.move(box.x + 100, box.y + 20);
    await page.mouse.down();
    await page.mouse.move(box.x + 200, box.y + 20, { steps: 4 });
    await page.mouse.up();
    await expect.poll(() => status(page)).toMatch(/^\d\d\d of 3,000/);
  });
});

/** Seconds of what stands in the column of times. */
function seconds(text = ""): number {
  return text.split(":").reduce((sum, part) => sum * 60 + Number(part), 0);
}
