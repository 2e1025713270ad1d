import { setImmediate } from "node:timers/promises";
import type { CDPSession, Page } from "playwright-core";
import { describe, expect, test } from "vitest";
import { ClientScenes, is, passed, shown, shows } from "./client-scenes.js";
import { openGate } from "./gate.js";
import type { App } from "./pages/client.js";

declare const app: App; // in the page

const scenes = await ClientScenes.of();
const lines = (count: number) =>
  Array.from({ length: count }, (_, i) => `Line ${i} of what was written.\n`).join("");
const session = (page: Page) => page.context().newCDPSession(page);

describe.skipIf(!scenes.browser)("a tab", () => {
  test("shows what is written, edited in the middle, and begun anew", async () => {
    const { page, channel, complaints } = await scenes.open();
    await shows(page, "");
    const reply = channel.write("m").append("Status: running\n");
    reply.append(lines(2000));
    await shows(page, `Status: running\n${lines(2000)}`);
    reply.splice(8, 7, "completed 😀");
    reply.append("and the end");
    await shows(page, `Status: completed 😀\n${lines(2000)}and the end`);
    await reply.complete();
    channel.write("m", { reopen: true }).set("anew");
    await shows(page, "anew");
    expect(complaints).toEqual([]);
  });

  test("L31: that is offline keeps what it has, says so, and goes on where it was", async () => {
    const gate = await openGate(scenes.url);
    const { page, channel, complaints } = await scenes.open({ through: gate.url, isWatched: true });
    const reply = channel.write("m").append(lines(1000));
    await shows(page, lines(1000));
    const before = gate.received;
    await page.context().setOffline(true);
    gate.cut();
    await is(page, "offline");
    reply.splice(0, 4, "LINE");
    reply.append("and the end");
    await shows(page, lines(1000));
    await page.context().setOffline(false);
    await shows(page, `LINE${lines(1000).slice(4)}and the end`);
    await is(page, "live");
    // The difference, and not the text again.
    expect(gate.received - before).toBeLessThan(2000);
    expect(await passed(page)).toContain("lost");
    expect(complaints.filter((each) => !isNetwork(each))).toEqual([]);
  });

  test("whose connection is half open gets what was held back, and nothing twice", async () => {
    const gate = await openGate(scenes.url);
    const { page, channel, complaints } = await scenes.open({ through: gate.url });
    const reply = channel.write("m").append("one");
    await shows(page, "one");
    await page.context().setOffline(true);
    const before = gate.received;
    reply.append(" two");
    await expect.poll(() => gate.received).toBeGreaterThan(before);
    reply.splice(0, 3, "1");
    await shown(page, "one");
    await page.context().setOffline(false);
    await shows(page, "1 two");
    expect(complaints.filter((each) => !isNetwork(each))).toEqual([]);
  });

  test("that is loaded again in the middle of a message has it whole", async () => {
    const { page, channel, complaints } = await scenes.open();
    const reply = channel.write("m");
    let text = "";
    for (let round = 0; round < 3; round++) {
      for (let i = 0; i < 200; i++) {
        text += `word ${round}-${i} `;
        reply.append(`word ${round}-${i} `);
        if (i === 100) await page.reload();
      }
      await shows(page, text);
    }
    expect(complaints).toEqual([]);
  });

  test("whose thread is busy catches up in few steps", async () => {
    const { page, channel, complaints } = await scenes.open();
    const reply = channel.write("m").append("Status: running\n");
    await shows(page, "Status: running\n");
    const before = await page.evaluate(() => app.updates);
    const blocked = page.evaluate(() => app.block(1500));
    for (let i = 0; i < 2000; i++) {
      reply.append("token ");
      if (i % 10 === 0) await setImmediate();
    }
    reply.splice(8, 7, "completed");
    await blocked;
    await shows(page, `Status: completed\n${"token ".repeat(2000)}`);
    expect((await page.evaluate(() => app.updates)) - before).toBeLessThan(50);
    expect(complaints).toEqual([]);
  });

  test("L35: that a network stalls skips versions, and no content", async () => {
    const gate = await openGate(scenes.url);
    const { page, channel, complaints } = await scenes.open({ through: gate.url, isWatched: true });
    const reply = channel.write("m").append("begin");
    await shows(page, "begin");
    gate.stall();
    const page20 = (i: number) => `${String(i).padStart(8, "0")}${"x".repeat(20_000)}`;
    for (let i = 0; i < 1000; i++) {
      reply.set(page20(i));
      if (i % 5 === 0) await setImmediate();
    }
    gate.release();
    await shows(page, page20(999));
    const frames = (await passed(page)).filter((each) => each === "received changes");
    expect(frames.length).toBeLessThan(900);
    expect(complaints).toEqual([]);
  });

  test("stops the one who writes", async () => {
    const { page, channel, complaints } = await scenes.open();
    const reply = channel.write("m").append("on and on");
    await shows(page, "on and on");
    const answer = page.evaluate(() => app.channel.command("stop", undefined, { message: "m" }));
    await expect.poll(() => reply.signal.aborted).toBe(true);
    await answer;
    await reply.cancel();
    await page.waitForFunction(() => app.channel.state.message("m")?.status === "cancelled");
    expect(complaints).toEqual([]);
  });
});

describe.skipIf(!scenes.browser)("where WebSockets are blocked", () => {
  test.each([
    ["in the page", { before: blockWebSocket }, false],
    ["by something between", {}, true],
  ] as const)(
    "%s, events come over HTTP, and commands and writing go",
    async (_where, options, isHttpOnly) => {
      const gate = await openGate(scenes.url, { isHttpOnly });
      const scene = await scenes.open({ ...options, through: gate.url, isWatched: true });
      const { page, channel, complaints } = scene;
      await page.evaluate(() => app.hurry());
      const reply = channel.write("m").append("over HTTP\n");
      await shows(page, "over HTTP\n");
      reply.splice(0, 4, "OVER");
      reply.append(lines(100));
      await shows(page, `OVER HTTP\n${lines(100)}`);
      expect(await passed(page)).toContain("opened http");
      const answer = page.evaluate(() => app.channel.command("stop", undefined, { message: "m" }));
      await expect.poll(() => reply.signal.aborted).toBe(true);
      await answer;
      await page.evaluate(() => app.channel.write("mine").append("from the page").complete());
      expect(channel.state?.message("mine")?.text).toBe("from the page");
      gate.cut();
      reply.append("more");
      await shows(page, `OVER HTTP\n${lines(100)}more`);
      expect(complaints.filter((each) => !isNetwork(each))).toEqual([]);
    },
  );
});

test.skipIf(!scenes.browser)("L40: 10,000 updates leave nothing behind in the page", async () => {
  const { page, channel, complaints } = await scenes.open();
  const reply = channel.write("m").append(lines(500));
  await shows(page, lines(500));
  const cdp = await session(page);
  await cdp.send("Performance.enable");
  let count = 0;
  /** Updates of a text that stays as long as it is. */
  const run = async (updates: number) => {
    for (const end = count + updates; count < end; count++) {
      reply.splice((count * 31) % 10_000, 5, String(count).padStart(5, "0"));
      if (count % 10 === 0) await setImmediate();
    }
    await page.evaluate(() => app.churn(1000));
    const text = channel.state?.message("m")?.text ?? "";
    await shows(page, text);
    return usage(cdp);
  };
  await run(2000);
  const before = await run(3000);
  const after = await run(10_000);
  expect(after.nodes).toBeLessThanOrEqual(before.nodes + 20);
  expect(after.listeners).toBe(before.listeners);
  expect(after.heap - before.heap).toBeLessThan(200_000);
  expect(complaints).toEqual([]);
});

async function usage(cdp: CDPSession): Promise<{ heap: number; nodes: number; listeners: number }> {
  for (let i = 0; i < 3; i++) await cdp.send("HeapProfiler.collectGarbage");
  const { usedSize } = await cdp.send("Runtime.getHeapUsage");
  const { metrics } = await cdp.send("Performance.getMetrics");
  const get = (name: string) => metrics.find((each) => each.name === name)?.value ?? Number.NaN;
  return { heap: usedSize, nodes: get("Nodes"), listeners: get("JSEventListeners") };
}

/** What a browser itself says of requests that fail. */
const isNetwork = (complaint: string) =>
  /net::ERR_|WebSocket connection to|Failed to load resource/.test(complaint);

function blockWebSocket(): void {
  window.WebSocket = class {
    constructor() {
      throw new DOMException("blocked", "SecurityError");
    }
  } as unknown as typeof WebSocket; // enough of one
}
