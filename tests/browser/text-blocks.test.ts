import { describe, expect, test } from "vitest";
import { BindTextScenes, type Kind, lines } from "./bind-text-scenes.js";
import type { Lab } from "./pages/bind-text.js";

declare const lab: Lab; // in the page

const scenes = await BindTextScenes.of();

describe.skipIf(!scenes.browser)("an element", () => {
  test("looks and copies as the same text in a node does", async () => {
    const text = Array.from(
      { length: 2000 },
      (_, i) => "word ".repeat(i % 40) + "\n".repeat(1 + (i % 3)),
    ).join("");
    const look = async (kind: Kind) => {
      const { page } = await scenes.open(kind, text);
      const seen = await page.evaluate(() => {
        lab.select(3, lab.text().length - 100);
        const selected = String(getSelection());
        return {
          height: document.getElementById("root")?.scrollHeight,
          selected,
          blocks: lab.blocks().lengths.length,
        };
      });
      return { ...seen, picture: await page.screenshot() };
    };
    const [node, element] = [await look("node"), await look("element")];
    expect(node.blocks).toBe(1);
    expect(element.blocks).toBeGreaterThan(20);
    expect(element.height).toBe(node.height);
    expect(element.selected).toBe(node.selected);
    expect(element.selected).toBe(text.slice(3, -100));
    expect(element.picture.equals(node.picture)).toBe(true);
  });

  test("cuts a text that grows at its end, by words or by lines, without moving any of it", async () => {
    for (const tokens of [["word ", "word\n", "\n"], ["a line\n"], ["a\nb\n", "c"]]) {
      const { page } = await scenes.open("element", "");
      const { lengths, areWhole } = await page.evaluate((tokens) => {
        for (let i = 0; i < 20_000; i++) {
          lab.append(tokens[i % tokens.length] ?? "");
          if (i % 7 === 0) lab.channel.tell();
        }
        lab.channel.tell();
        return lab.blocks();
      }, tokens);
      expect(areWhole).toBe(true);
      expect(Math.max(...lengths)).toBeLessThan(4200);
      expect(Math.min(...lengths.slice(0, -1))).toBeGreaterThanOrEqual(4096);
    }
  });

  test("has few blocks, whatever was removed", async () => {
    const { page } = await scenes.open("element", lines(20_000));
    const { lengths } = await page.evaluate(() => {
      // Leaves some of each block, then nothing of it but a line.
      for (let at = 0; at < lab.text().length; at += 300) {
        lab.splice(at, Math.min(4096, lab.text().length - at), "");
        lab.channel.tell();
      }
      return lab.blocks();
    });
    const sum = lengths.reduce((total, length) => total + length, 0);
    expect(lengths.length).toBeLessThan(2 + sum / 1024);
    expect(await page.evaluate(() => lab.shown() === lab.text())).toBe(true);
  });

  test("has one block of a line without an end", async () => {
    const { page } = await scenes.open("element", "");
    const { lengths } = await page.evaluate(() => {
      for (let i = 0; i < 5000; i++) lab.splice(6 * i, 0, "words ");
      lab.channel.tell();
      return lab.blocks();
    });
    expect(lengths).toEqual([30_000]);
  });
});
