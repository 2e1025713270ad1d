import type { Browser } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { realBrowser } from "../real/chromium.js";
import { type Site, site } from "./site.js";
import { openTab } from "./tab.js";

const browser: Browser | undefined = await realBrowser("Markdown that grows on a page");

describe.skipIf(!browser)("Markdown on a page", () => {
  let served: Site;
  beforeAll(async () => {
    served = await site("tests/browser/pages/markdown.tsx");
  });
  afterAll(async () => {
    await browser?.close();
    await served.close();
  });

  /** A page that shows 200 paragraphs. */
  async function open() {
    if (!browser) throw new Error("skipped without a browser");
    const { page, complaints } = await openTab(browser, served.url);
    await page.waitForFunction(() => "show" in globalThis);
    const paragraphs = Array.from({ length: 200 }, (_, i) => `Paragraph ${i} has *some* words.`);
    const text = paragraphs.join("\n\n");
    await page.evaluate((shown) => show(shown), text);
    return { page, complaints, text };
  }

  test("what is appended renders the last block alone", async () => {
    const { page, complaints, text } = await open();
    const counted = await page.evaluate((before) => {
      const root = document.querySelector("#root") as Element;
      const earlier = [...root.children];
      renders = 0;
      let shown = `${before}\n\n`;
      const words = "Of this new paragraph each **word** comes alone".split(" ");
      for (const word of words) {
        shown += `${word} `;
        show(shown);
      }
      const kept = earlier.filter((element, i) => root.children[i] === element);
      return { renders, words: words.length, kept: kept.length, last: root.lastChild?.textContent };
    }, text);
    expect(counted).toEqual({
      renders: counted.words,
      words: 8,
      kept: 200,
      last: "Of this new paragraph each word comes alone",
    });
    expect(complaints).toEqual([]);
  });

  test("an edit in the middle renders one block, and touches nothing else", async () => {
    const { page, complaints, text } = await open();
    const counted = await page.evaluate(async (before) => {
      const root = document.querySelector("#root") as Element;
      const edited = root.children[100];
      const touched = new Set<Element>();
      const observer = new MutationObserver((records) => {
        for (const { target } of records) touched.add(target.parentElement?.closest("p") ?? root);
      });
      observer.observe(root, { childList: true, characterData: true, subtree: true });
      renders = 0;
      show(before.replace("Paragraph 100 has", "Paragraph 100 had"));
      await new Promise(requestAnimationFrame);
      return {
        renders,
        only: touched.size === 1 && touched.has(edited as Element),
        text: edited?.textContent,
      };
    }, text);
    expect(counted).toEqual({ renders: 1, only: true, text: "Paragraph 100 had some words." });
    expect(complaints).toEqual([]);
  });

  test("what somebody has selected stays selected while the text grows and is edited", async () => {
    const { page, complaints, text } = await open();
    const selected = await page.evaluate((before) => {
      const root = document.querySelector("#root") as Element;
      const [from, to] = [root.children[3]?.firstChild, root.children[5]?.lastChild];
      if (from && to) getSelection()?.setBaseAndExtent(from, 4, to, 3);
      const first = String(getSelection());
      for (let i = 0; i < 50; i++) {
        const edited = before.replace("Paragraph 100", `Paragraph 100 (${i})`);
        show(`Before all.\n\n${edited}\n\n- and\n- more ${"word ".repeat(i)}`);
      }
      return { first, now: String(getSelection()) };
    }, text);
    expect(selected.first).toContain("Paragraph 4 has some words.");
    expect(selected.now).toBe(selected.first);
    expect(complaints).toEqual([]);
  });

  test("nothing that it renders runs a script, embeds or leads one", async () => {
    const { page, complaints } = await open();
    const found = await page.evaluate(() => {
      show(
        '<img src=x onerror="throw 1"> [a](javascript:alert(1)) <script>throw 2</script> ![b](https://example.com/b.png) <https://example.com>',
        false,
      );
      const root = document.querySelector("#root") as Element;
      const links = [...root.querySelectorAll("a")].map((a) => [a.getAttribute("href"), a.rel]);
      return { embedded: root.querySelectorAll("img, script, iframe").length, links };
    });
    expect(found).toEqual({
      embedded: 0,
      links: [
        ["", "noopener noreferrer"],
        ["https://example.com/b.png", "noopener noreferrer"],
        ["https://example.com", "noopener noreferrer"],
      ],
    });
    expect(complaints).toEqual([]);
  });
});
