import fc from "fast-check";
import type { Page } from "playwright-core";
import { describe, expect, test } from "vitest";
import { BindTextScenes, kinds, lines } from "./bind-text-scenes.js";
import type { Edit, Lab } from "./pages/bind-text.js";

declare const lab: Lab; // in the page

const scenes = await BindTextScenes.of();

const shown = (page: Page) => page.evaluate(() => lab.shown());

const piece = fc.oneof(
  fc.constantFrom("😀", "😁", "\n", "a\u0301", "", "\r\n"),
  fc.string({ unit: "grapheme", maxLength: 20 }),
  fc.nat({ max: 1500 }).map((n) => lines(n)),
  fc.nat({ max: 9000 }).map((n) => "x".repeat(n)),
);
const edit: fc.Arbitrary<Edit> = fc.record({
  at: fc.oneof(fc.nat(), fc.constant(0)),
  removed: fc.oneof(fc.nat({ max: 9 }), fc.nat({ max: 20_000 })),
  text: piece,
});
/** Edits in the frames in which they come. */
const frames = fc.array(fc.array(edit, { minLength: 1, maxLength: 4 }), { maxLength: 6 });

describe.skipIf(!scenes.browser).each(kinds)("a %s", (kind) => {
  test("shows the text after any edits", async () => {
    const { page, complaints } = await scenes.open(kind, "");
    await fc.assert(
      fc.asyncProperty(frames, async (frames) => {
        const result = await page.evaluate(
          ([kind, frames]) => {
            lab.bind(kind);
            lab.add("");
            const isRight = frames.every((edits) => lab.edit(edits) === lab.text());
            const { lengths, areWhole } = lab.blocks();
            return { isRight, areWhole, areFilled: kind === "node" || !lengths.includes(0) };
          },
          [kind, frames] as const,
        );
        expect(result).toEqual({ isRight: true, areWhole: true, areFilled: true });
      }),
      { numRuns: 60 },
    );
    expect(complaints).toEqual([]);
  });

  test("keeps a selection through any edits around it", async () => {
    const { page, complaints } = await scenes.open(kind, "");
    await fc.assert(
      fc.asyncProperty(frames, fc.nat({ max: 3000 }), async (frames, count) => {
        const before = `${lines(500)}first `;
        // Nothing else is like it: what was typed twice may be taken for its twin.
        const words = Array.from({ length: count }, (_, i) => `(${i * 7919})${i % 9 ? " " : "\n"}`);
        const marked = `What was selected here: ${words.join("")}and no more`;
        const result = await page.evaluate(
          ([kind, frames, before, marked]) => {
            lab.bind(kind);
            lab.add(`${before}${marked} last\n${before}`);
            lab.channel.tell();
            lab.select(before.length, before.length + marked.length);
            return frames.every((edits) => {
              for (const { at, removed, text } of edits) {
                const now = lab.text();
                const from = now.indexOf(marked);
                // Outside of what is selected, and not touching it.
                const [start, end] =
                  at % 2 ? [0, from - 1] : [from + marked.length + 1, now.length];
                const offset = start + (at % Math.max(1, end - start));
                if (offset > end || (offset > 0 && /[\uDC00-\uDFFF]/.test(now[offset] ?? "")))
                  continue;
                let rest = Math.min(removed, end - offset);
                if (/[\uDC00-\uDFFF]/.test(now[offset + rest] ?? "")) rest -= 1;
                lab.splice(offset, Math.max(0, rest), text);
              }
              lab.channel.tell();
              return lab.shown() === lab.text() && lab.selected().text === marked;
            });
          },
          [kind, frames, before, marked] as const,
        );
        expect(result).toBe(true);
      }),
      { numRuns: 40 },
    );
    expect(complaints).toEqual([]);
  });

  test("keeps a selection that was drawn backwards, and where the page is scrolled to", async () => {
    const text = lines(1000);
    const { page } = await scenes.open(kind, text);
    const result = await page.evaluate(() => {
      const root = document.getElementById("root");
      if (root) root.scrollTop = 10_000;
      lab.select(9000, 8000);
      const before = lab.selected();
      for (let i = 0; i < 300; i++) {
        lab.splice(5, 9, String(i).padStart(9, "0"));
        lab.append(`token ${i % 10 ? "" : "\n"}`);
        lab.channel.tell();
      }
      return { before, after: lab.selected(), scrollTop: root?.scrollTop };
    });
    expect(result.after).toEqual(result.before);
    expect(result.scrollTop).toBe(10_000);
  });

  test("keeps a selection where the text is stated anew", async () => {
    const text = lines(2000);
    const { page } = await scenes.open(kind, text);
    const marked = text.slice(12_000, 20_000);
    const after = `Title\n${text.slice(0, 5000)}${text.slice(5100)}and more`;
    const selected = await page.evaluate(
      ([after]) => {
        lab.select(12_000, 20_000);
        lab.reset(after);
        lab.channel.tell();
        return lab.selected().text;
      },
      [after] as const,
    );
    expect(selected).toBe(marked);
    expect(await shown(page)).toBe(after);
  });

  test("one emoji becomes another with the same first half", async () => {
    const { page } = await scenes.open(kind, "a😀b😀c");
    const result = await page.evaluate(() => {
      lab.select(4, 6);
      lab.splice(1, 2, "😁");
      lab.channel.tell();
      return { shown: lab.shown(), selected: lab.selected().text };
    });
    expect(result).toEqual({ shown: "a😁b😀c", selected: "😀" });
  });

  test("shows nothing until there is something, and what comes in its place", async () => {
    const { page, complaints } = await scenes.open(kind);
    const step = (run: () => void) =>
      page.evaluate(`(${run})(); lab.channel.tell(); lab.shown()`) as Promise<string>;
    expect(await shown(page)).toBe("");
    expect(await step(() => lab.add(""))).toBe("");
    expect(await step(() => lab.splice(0, 0, "one\ntwo"))).toBe("one\ntwo");
    expect(await step(() => lab.patch({ type: "part_removed", part: "text" }))).toBe("");
    const json = { id: "text", kind: "json", value: "no text" } as const;
    expect(
      await page.evaluate((content) => {
        lab.patch({ type: "part_inserted", content });
        lab.channel.tell();
        return lab.shown();
      }, json),
    ).toBe("");
    expect(await step(() => lab.add("anew", 1))).toBe("anew");
    expect(await step(() => lab.channel.change({ type: "message_removed", id: "m" }))).toBe("");
    expect(await step(() => lab.reset("again"))).toBe("again");
    expect(await step(() => lab.stop())).toBe("again");
    expect(await step(() => lab.splice(5, 0, "!"))).toBe("again");
    expect(complaints).toEqual([]);
  });

  test("takes the place of what was there, and puts right what others do to it", async () => {
    const { page, complaints } = await scenes.open(kind, "mine", "theirs\n");
    expect(await shown(page)).toBe("mine");
    const result = await page.evaluate(
      ([text]) => {
        lab.reset(text);
        lab.channel.tell();
        const before = lab.shown();
        const results = [() => "", () => "short", () => `${before}much longer`, () => "\uD83D"].map(
          (by) => {
            lab.target.textContent = by();
            lab.edit([{ at: 20_000, removed: 3, text: "edited" }]);
            return lab.shown() === lab.text();
          },
        );
        lab.target.textContent = "";
        lab.reset("");
        lab.channel.tell();
        return [...results, lab.shown() === ""];
      },
      [lines(3000)] as const,
    );
    expect(result).toEqual([true, true, true, true, true]);
    expect(complaints).toEqual([]);
  });

  test.each([1 << 16, 1 << 20])("touches no more in a text of %i units", async (length) => {
    const { page } = await scenes.open(kind, lines(length / 16));
    const result = await page.evaluate(async () => {
      const worst = { nodes: 0, units: 0, read: 0 };
      for (let i = 0; i < 200; i++) {
        const { nodes, units, read } = await lab.touched(() => {
          lab.splice(5, 9, String(i).padStart(9, "0"));
          lab.append(`token ${i % 9 ? "" : "\n"}`);
          lab.channel.tell();
        });
        worst.nodes = Math.max(worst.nodes, nodes);
        worst.units = Math.max(worst.units, units);
        worst.read = Math.max(worst.read, read);
      }
      return worst;
    });
    if (kind === "node") expect(result).toMatchObject({ nodes: 1, read: 0 });
    else {
      expect(result.nodes).toBeLessThanOrEqual(4);
      expect(result.units).toBeLessThan(32_768);
      expect(result.read).toBeLessThan(32_768);
    }
    expect(await page.evaluate(() => lab.shown() === lab.text())).toBe(true);
  });
});
