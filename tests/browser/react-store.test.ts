import { describe, expect, test } from "vitest";
import type {} from "./pages/react.js";
import { Scenes, show, shows } from "./react-scenes.js";

const scenes = await Scenes.of("tests/browser/pages/react.tsx");

describe.skipIf(!scenes.browser)("what React asks of a store", () => {
  test("who renders between two animation frames shows what its neighbours show", async () => {
    const { page } = await scenes.open();
    const { name, channel } = scenes.newChannel();
    const reply = channel.write("a").append("old");
    await show(page, "Neighbours", { channel: name, message: "a" });
    await shows(page, "restless", "old");
    await page.evaluate(() => {
      const { requestAnimationFrame: frame, setTimeout: after } = globalThis;
      const held: (() => void)[] = [];
      const hold = (run: () => void) => held.push(run);
      Object.assign(globalThis, {
        requestAnimationFrame: hold,
        setTimeout: (run: () => void, delay = 0) => (delay >= 1000 ? 0 : after(run, delay)),
        go() {
          Object.assign(globalThis, { requestAnimationFrame: frame, setTimeout: after });
          for (const run of held) run();
        },
      });
    });
    reply.set("new");
    const isThere = (name: string) => scene.channel(name).state.message("a")?.text === "new";
    await page.waitForFunction(isThere, name, { polling: 10 });
    const shown = await page.evaluate(async () => {
      const [item, restless] = ["a", "restless"].map((id) => document.getElementById(id));
      restless?.click();
      while (restless?.dataset.count !== "1") await null;
      return [item?.textContent, restless?.textContent];
    });
    expect(shown).toEqual(["old", "old"]);
    await page.evaluate("go()");
    await shows(page, "restless", "new");
    await shows(page, "a", "new");
  });

  test("1,000 times mounted and unmounted, nothing is left", async () => {
    const { page } = await scenes.open({ strict: true });
    const { name, channel } = scenes.newChannel();
    for (const id of ["a", "b", "c"]) channel.write(id).append(id);
    const mounted = () => page.evaluate(() => scene.mounted());
    await page.evaluate(async (channel) => {
      const message = "a";
      for (let i = 0; i < 1000; i++) {
        const before = scene.mounted();
        scene.show(["Thread", "Words", "Connection", "Glass"][i % 4] ?? "", { channel, message });
        while (scene.mounted() === before) await new Promise((later) => setTimeout(later));
        scene.hide();
      }
    }, name);
    expect(await mounted()).toBeGreaterThanOrEqual(1000);
    await expect.poll(() => page.evaluate(() => scene.subscriptions())).toBe(0);
    await expect.poll(() => scenes.serving("subscriptions")).toBe(0);
    await expect.poll(() => scenes.serving("connections")).toBe(1);
    const devtools = await page.context().newCDPSession(page);
    await devtools.send("HeapProfiler.collectGarbage");
    // React keeps a little of what it has unmounted last.
    expect(await page.evaluate(() => scene.kept())).toBeLessThan(10);
    await show(page, "Thread", { channel: name });
    await shows(page, "c", "c");
  });
});
