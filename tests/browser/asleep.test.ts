import { setImmediate } from "node:timers/promises";
import { describe, expect, test } from "vitest";
import { ClientScenes } from "./client-scenes.js";
import { openGate } from "./gate.js";

const scenes = await ClientScenes.of();

const TEXT = 'document.getElementById("root")?.textContent';
const tokens = (count: number) => Array.from({ length: count }, (_, i) => ` token ${i}`);

describe.skipIf(!scenes.browser)("a tab that nobody looks at", () => {
  test("L27: is frozen, and when it wakes it shows all that came, in few steps", async () => {
    const gate = await openGate(scenes.url);
    const { tab, channel } = await scenes.openBare(gate.url);
    const shown = () => tab.evaluate(TEXT);
    const reply = channel.write("m").append("before");
    await expect.poll(shown).toBe("before");
    await tab.freeze();
    const before = gate.received;
    for (const token of tokens(500)) {
      reply.append(token);
      await setImmediate();
    }
    reply.splice(0, 6, "after");
    await expect.poll(() => gate.received - before).toBeGreaterThan(tokens(500).join("").length);
    expect(await shown()).toBe("before");
    expect(await tab.evaluate("document.visibilityState")).toBe("hidden");
    await tab.wake();
    await expect.poll(shown).toBe(`after${tokens(500).join("")}`);
    expect(await tab.evaluate("app.updates")).toBeLessThan(20);
    expect(await tab.evaluate("app.wire.status.is")).toBe("live");
    expect(tab.complaints).toEqual([]);
  });

  test("is frozen while its connection is lost, and goes on where it was", async () => {
    const gate = await openGate(scenes.url);
    const { tab, channel } = await scenes.openBare(gate.url);
    const text = tokens(500).join("\n");
    const reply = channel.write("m").append(text);
    await expect.poll(() => tab.evaluate(TEXT)).toBe(text);
    await tab.freeze();
    const before = gate.received;
    gate.cut();
    reply.append("and the end");
    await tab.wake();
    await expect.poll(() => tab.evaluate(TEXT), { timeout: 20_000 }).toBe(`${text}and the end`);
    expect(gate.received - before).toBeLessThan(2000);
    expect(tab.complaints).toEqual([]);
  });

  test("paints nothing, and is up to date all the same", async () => {
    const { tab, channel } = await scenes.openBare(scenes.url);
    const reply = channel.write("m").append("before");
    await expect.poll(() => tab.evaluate(TEXT)).toBe("before");
    await tab.evaluate("painted = 0, requestAnimationFrame(() => (painted += 1)), 0");
    await expect.poll(() => tab.evaluate("painted")).toBe(1);
    await tab.look("away");
    await expect.poll(() => tab.evaluate("document.visibilityState")).toBe("hidden");
    await tab.evaluate("requestAnimationFrame(() => (painted += 1)), 0");
    for (const token of tokens(300)) {
      reply.append(token);
      await setImmediate();
    }
    await expect.poll(() => tab.evaluate(TEXT)).toBe(`before${tokens(300).join("")}`);
    expect(await tab.evaluate("painted")).toBe(1);
    await tab.look("here");
    await expect.poll(() => tab.evaluate("painted")).toBe(2);
    expect(tab.complaints).toEqual([]);
  });
});
