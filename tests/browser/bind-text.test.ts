import fc from "fast-check";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { realBrowser } from "../real/chromium.js";
import type { Edit, Lab } from "./pages/bind-text.js";
import { type Site, site } from "./site.js";
import { openTab } from "./tab.js";

declare const lab: Lab; // in the page

const browser: Browser | undefined = await realBrowser("bindText in a real browser");
let pages: Site;

beforeAll(async () => {
  const style = "height: 300px; overflow: auto; white-space: pre-wrap; font: 14px/20px monospace";
  pages = await site("tests/browser/pages/bind-text.ts", {
    body: `<div id="root" style="${style}"></div>`,
  });
});
afterAll(async () => {
  await browser?.close();
  await pages?.close();
});

const kinds = ["node", "element"] as const;
type Kind = (typeof kinds)[number];

/** Lines, each another one, of 16 units. */
const lines = (count: number, from = 0) =>
  Array.from({ length: count }, (_, i) => `Line ${String(from + i).padStart(9, "0")}\n`).join("");

async function open(kind: Kind, text?: string, before?: string) {
  if (!browser) throw new Error("no browser");
  const { page, complaints } = await openTab(browser, pages.url);
  await page.evaluate(
    ([kind, text, before]) => {
      lab.bind(kind, before);
      if (text !== undefined) lab.add(text);
      lab.channel.tell();
    },
    [kind, text, before] as const,
  );
  return { page, complaints };
}

const shown = (page: Page) => page.evaluate(() => lab.shown());

describe.skipIf(!browser).each(kinds)("a %s", (kind) => {
  test("shows the text after any edits, in frames of several", async () => {
    const { page, complaints } = await open(kind, "");
    const piece = fc.oneof(
      fc.constantFrom("😀", "😁", "\n", "a\u0301", "", "\r\n"),
      fc.string({ unit: "grapheme", maxLength: 20 }),
      fc.nat({ max: 1500 }).map((n) => lines(n)),
      fc.nat({ max: 9000 }).map((n) => "x".repeat(n)),
    );
    const at = fc.oneof(fc.nat(), fc.constant(0));
    const removed = fc.oneof(fc.nat({ max: 9 }), fc.nat({ max: 20_000 }));
    const edit: fc.Arbitrary<Edit> = fc.record({ at, removed, text: piece });
    const frames = fc.array(fc.array(edit, { minLength: 1, maxLength: 4 }), { maxLength: 6 });
    await fc.assert(
      fc.asyncProperty(frames, async (frames) => {
        const wrong = await page.evaluate(
          ([kind, frames]) => {
            lab.bind(kind);
            lab.add("");
            const read = () => lab.shown();
            return frames.some((edits) => lab.edit(edits) !== lab.text() || read() !== lab.text());
          },
          [kind, frames] as const,
        );
        expect(wrong).toBe(false);
      }),
      { numRuns: 150 },
    );
    expect(complaints).toEqual([]);
  });
});
