import { setImmediate } from "node:timers/promises";
import { describe, expect, test } from "vitest";
import type {} from "./pages/react-load.js";
import { Scenes } from "./react-scenes.js";

const scenes = await Scenes.of("tests/browser/pages/react-load.tsx");

describe.skipIf(!scenes.browser)("a page that much happens to", () => {
  test("1,000 updates of ten channels are at most one commit an animation frame", async () => {
    const { page } = await scenes.open();
    const channels = Array.from({ length: 10 }, () => scenes.newChannel());
    const replies = channels.map(({ channel }) => channel.write("a").append("0"));
    await page.evaluate(
      (names) => reactLoad.many(names),
      channels.map(({ name }) => name),
    );
    const all = (text: string) =>
      page.waitForFunction(
        (text) => reactLoad.texts().every((each) => each === text) && reactLoad.texts().length > 0,
        text,
      );
    await all("0");
    await page.evaluate(() => reactLoad.begin());
    for (let i = 1; i <= 100; i++) {
      for (const reply of replies) reply.set(String(i));
      await setImmediate();
    }
    await all("100");
    const { commits, frames, received } = await page.evaluate(() => reactLoad.counts);
    expect(received).toBeGreaterThanOrEqual(1000);
    expect(commits).toBeGreaterThan(1);
    expect(commits).toBeLessThanOrEqual(frames + 1); // one may have begun before the count
  });

  test("a transition that updates interrupt shows one version everywhere", async () => {
    const { page } = await scenes.open();
    const { name, channel } = scenes.newChannel();
    const reply = channel.write("a").append("0");
    await page.evaluate((name) => reactLoad.crowd(name), name);
    await page.waitForFunction(() => reactLoad.texts().every((text) => text === "0"));
    let i = 0;
    for (let turn = 1; turn <= 5; turn++) {
      await page.evaluate(() => reactLoad.next());
      for (let update = 0; update < 4; update++) {
        i += 1;
        reply.set(String(i));
        await page.evaluate(() => new Promise(requestAnimationFrame));
      }
      await page.waitForFunction((turn) => reactLoad.counts.transitions === turn, turn);
    }
    const isShown = (text: string) => reactLoad.texts().every((each) => each === text);
    await page.waitForFunction(isShown, String(i));
    expect(await page.evaluate(() => reactLoad.counts.torn)).toBe(0);
  });
});
