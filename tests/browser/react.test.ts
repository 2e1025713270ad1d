import { describe, expect, test } from "vitest";
import type {} from "./pages/react.js";
import { frames, renders, Scenes, show, shows } from "./react-scenes.js";

const scenes = await Scenes.of("tests/browser/pages/react.tsx");
const count = (list: readonly string[], what: string) =>
  list.filter((each) => each === what).length;

describe.skipIf(!scenes.browser)("a channel in a page", () => {
  test("useChannel: its messages, its status, and what comes", async () => {
    const { page } = await scenes.open();
    const { name, channel } = scenes.newChannel();
    const reply = channel.write("a").append("Hello");
    await show(page, "Thread", { channel: name });
    await shows(page, "a", "Hello");
    await shows(page, "status", "live");
    reply.append(" world");
    reply.splice(0, 1, "J");
    await shows(page, "a", "Jello world");
    channel.write("b").append("second");
    await shows(page, "b", "second");
  });

  test.each([
    { scene: "Kind", strict: false },
    { scene: "Kind", strict: true },
    { scene: "EachKind", strict: false },
    { scene: "EachKind", strict: true },
  ])("useChannel: another filter with another render: %o", async ({ scene, strict }) => {
    const { page } = await scenes.open({ strict });
    const { name, channel } = scenes.newChannel();
    for (const id of ["a", "b", "c"]) {
      channel.event(id === "b" ? "odd" : "even", { id, text: id });
    }
    await show(page, scene, { channel: name, message: "even" });
    await shows(page, "kind-even", "ac");
    await show(page, scene, { channel: name, message: "odd" });
    await shows(page, "kind-odd", "b");
    await show(page, scene, { channel: name, message: "even" });
    await shows(page, "kind-even", "ac");
    channel.event("even", { id: "d", text: "d" });
    await shows(page, "kind-even", "acd");
    await shows(page, "status", "live");
    await show(page, "Thread", { channel: name }); // and by none
    await shows(page, "b", "b");
  });

  test("useChannel: two filters at a time are told to the boundary, and one is shown then", async () => {
    const { page } = await scenes.open({ mayComplain: true });
    const { name, channel } = scenes.newChannel();
    channel.event("even", { id: "a", text: "a" });
    await show(page, "TwoKinds", { channel: name, message: "even" });
    await shows(page, "caught", "limit_exceeded");
    await show(page, "Kind", { channel: name, message: "even" });
    await shows(page, "kind-even", "a");
  });

  test("useMessage: a message's component renders only when that message changes", async () => {
    const { page } = await scenes.open();
    const { name, channel } = scenes.newChannel();
    const replies = ["a", "b", "c"].map((id) => channel.write(id).append(id));
    await show(page, "Thread", { channel: name });
    await shows(page, "status", "live");
    await shows(page, "c", "c");
    const before = await renders(page);
    expect(before).toMatchObject({ a: 1, b: 1, c: 1 });
    for (const text of ["1", "2", "3"]) {
      replies[1]?.set(text);
      await shows(page, "b", text);
    }
    expect(await renders(page)).toEqual({ ...before, b: 4, thread: (before.thread ?? 0) + 3 });
  });

  test("useText: a part's text, edited in the middle; renders for nothing else", async () => {
    const { page } = await scenes.open();
    const { name, channel } = scenes.newChannel();
    const reply = channel.write("a").append("a 🙂 c");
    await show(page, "Words", { channel: name, message: "a" });
    await shows(page, "text", "a 🙂 c");
    reply.splice(2, 2, "🙃");
    await shows(page, "text", "a 🙃 c");
    reply.text("reasoning").append("so");
    await shows(page, "reasoning", "so");
    const before = await renders(page);
    reply.json("tool").set({ status: "running" });
    channel.write("b").append("another");
    await page.waitForFunction((name) => scene.channel(name).state.message("b"), name);
    await frames(page);
    expect(await renders(page)).toEqual(before);
    await shows(page, "none", "");
  });

  test("ChannelText: the text is on the page, and React renders nothing for it", async () => {
    const { page } = await scenes.open({ strict: true });
    const { name, channel } = scenes.newChannel();
    const reply = channel.write("a").append("one");
    await show(page, "Glass", { channel: name, message: "a" });
    await shows(page, "glass", "one");
    expect(await page.getAttribute("#glass", "class")).toBe("glass");
    const before = await renders(page);
    reply.append(" two");
    await shows(page, "glass", "one two");
    reply.splice(0, 3, "1");
    await shows(page, "glass", "1 two");
    expect(await renders(page)).toEqual(before);
    channel.write("b").append("the other");
    await show(page, "Glass", { channel: name, message: "b" });
    await shows(page, "glass", "the other");
    await page.evaluate(() => scene.hide());
    await expect.poll(() => page.evaluate(() => scene.subscriptions())).toBe(0);
  });

  test.each([{ strict: false }, { strict: true }])(
    "useStickToEnd: the end stays in sight, until the reader scrolls up and once he is back: %o",
    async (options) => {
      const { page } = await scenes.open(options);
      const { name, channel } = scenes.newChannel();
      await show(page, "Scroll", { channel: name, message: "a" });
      await page.locator("#nothing").waitFor(); // the element comes later than its component
      const text = channel.write("a").append("first\n");
      const top = () => page.locator("#scroller").evaluate(({ scrollTop }) => scrollTop);
      const rest = () =>
        page
          .locator("#scroller")
          .evaluate((its) => its.scrollHeight - its.scrollTop - its.clientHeight);
      const grow = async (last: string): Promise<void> => {
        text.append(`${"line\n".repeat(50)}${last}\n`);
        await page.locator("#glass").getByText(last).waitFor();
        await frames(page);
      };
      await grow("one");
      await grow("two");
      await expect.poll(rest).toBeLessThan(2); // layouts have fractions of pixels
      await page.locator("#scroller").evaluate((its) => its.scrollTo(0, 200));
      await frames(page);
      await grow("three");
      expect(await top()).toBe(200);
      await page.locator("#scroller").evaluate((its) => its.scrollTo(0, its.scrollHeight));
      await frames(page);
      await grow("four");
      await expect.poll(rest).toBeLessThan(2);
      await page.locator("#scroller").evaluate((its) => {
        its.style.height = "50px"; // the keyboard of a phone comes up
      });
      await expect.poll(rest).toBeLessThan(2);
    },
  );

  test("the channel writes and sends commands", async () => {
    const { page } = await scenes.open();
    const { name, channel } = scenes.newChannel();
    channel.onCommand("stop", () => "stopped");
    await show(page, "Thread", { channel: name });
    await shows(page, "status", "live");
    await page.click("#send");
    await shows(page, "mine", "typed");
    await page.click("#stop");
    await shows(page, "answer", '"stopped"');
    const mine = (await scenes.server.history(name, { limit: 1 })).messages[0];
    expect(mine?.text).toBe("typed");
  });

  test("one that may not be read says so, and so does a connection that is refused", async () => {
    const { page } = await scenes.open();
    await show(page, "Thread", { channel: "secret" });
    await shows(page, "status", "stopped");
    await shows(page, "error", "forbidden");
    const refused = await scenes.open({ token: "bad" });
    await show(refused.page, "Connection", { channel: "any" });
    await shows(refused.page, "connection", "stopped");
    await shows(refused.page, "status", "stopped");
  });

  test("another name shows the other channel, and leaves the first one", async () => {
    const { page, sent } = await scenes.open();
    const [one, other] = [scenes.newChannel(), scenes.newChannel()];
    one.channel.write("a").append("one");
    other.channel.write("a").append("other");
    await show(page, "Thread", { channel: one.name });
    await shows(page, "a", "one");
    await page.evaluate(() => scene.watch("a"));
    await show(page, "Thread", { channel: other.name });
    await shows(page, "a", "other");
    expect(await page.evaluate(() => scene.seen)).toEqual(["one", null, "other"]);
    await expect.poll(() => count(sent, "unsubscribe")).toBe(1);
    await expect.poll(() => scenes.serving("subscriptions")).toBe(1);
    one.channel.write("b").append("nobody reads this");
    await show(page, "Thread", { channel: one.name });
    await shows(page, "b", "nobody reads this");
  });
});

describe.skipIf(!scenes.browser)("the connection in a page", () => {
  test("useConnection: live, offline, and live again", async () => {
    const { page } = await scenes.open();
    const { name, channel } = scenes.newChannel();
    channel.write("a").append("before");
    let cut: () => unknown = () => undefined;
    await page.routeWebSocket(/wire/, (socket) => {
      socket.connectToServer();
      cut = () => socket.close({ code: 4000 });
    });
    await page.reload();
    await show(page, "Connection", { channel: name });
    await shows(page, "connection", "live");
    await page.evaluate(() => scene.watch("connection"));
    cut();
    channel.write("a").append(" and after");
    await shows(page, "a", "before and after");
    await shows(page, "connection", "live");
    const seen = await page.evaluate(() => scene.seen);
    expect(seen.filter((is) => is !== "catching_up")).toEqual(["live", "offline", "live"]);
  });

  test("Strict Mode opens one connection, and each channel once", async () => {
    const { page, sent } = await scenes.open({ strict: true });
    const { name, channel } = scenes.newChannel();
    channel.write("a").append("one");
    await show(page, "Thread", { channel: name }, true);
    await shows(page, "a", "one");
    await shows(page, "status", "live");
    expect(sent).toEqual(["open", "hello", "subscribe"]);
    const used = (await page.evaluate(() => scene.wires())).filter((is) => is !== "idle");
    expect(used).toEqual(["live"]);
  });

  test("one component in the place of another goes on reading; another channel is read once", async () => {
    const { page, sent } = await scenes.open({ strict: true });
    const [one, other] = [scenes.newChannel(), scenes.newChannel()];
    one.channel.write("a").append("one");
    other.channel.write("a").append("other");
    await show(page, "Thread", { channel: one.name });
    await shows(page, "a", "one");
    await show(page, "Glass", { channel: one.name, message: "a" });
    await shows(page, "glass", "one");
    await frames(page);
    expect(sent).toEqual(["open", "hello", "subscribe"]);
    await show(page, "Words", { channel: other.name, message: "a" });
    await shows(page, "text", "other");
    await frames(page);
    expect(sent.slice(3).sort()).toEqual(["subscribe", "unsubscribe"]);
  });

  test("a provider closes the wire that it made, after what was written, and no other", async () => {
    const { page, sent } = await scenes.open({ strict: true });
    const { name } = scenes.newChannel();
    await show(page, "Thread", { channel: name }, true);
    await shows(page, "status", "live");
    await page.evaluate(() => {
      document.getElementById("send")?.click();
      scene.hide();
    });
    await expect.poll(() => count(sent, "closed")).toBe(1);
    expect(scenes.server.channel(name).state.message("mine")?.text).toBe("typed");
    const stopped = await page.evaluate(
      () => scene.wires().filter((is) => is === "stopped").length,
    );
    expect(stopped).toBe(1);
    await show(page, "Thread", { channel: name });
    await shows(page, "mine", "typed");
    await page.evaluate(() => scene.hide());
    await expect.poll(() => scenes.serving("subscriptions")).toBe(0);
    expect(count(sent, "closed")).toBe(1);
  });

  test("a part of a page that React hides and shows again has a wire again", async () => {
    const { page } = await scenes.open();
    const { name, channel } = scenes.newChannel();
    channel.write("a").append("one");
    await show(page, "Hideable", { channel: name });
    await shows(page, "status", "live");
    await page.click("#hide");
    await expect.poll(() => scenes.serving("connections")).toBe(0);
    channel.write("a").append(" two");
    await page.click("#hide");
    await shows(page, "a", "one two");
    await shows(page, "status", "live");
  });
});
