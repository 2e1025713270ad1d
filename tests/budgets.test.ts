// What travels from server to consumer, counted at the sockets by the demo's proxy: the bytes that
// an append, an edit and a join may cost, WebSocket headers included.
import { setImmediate } from "node:timers/promises";
import { type Channel, connect } from "@deltawire/client";
import { createServer } from "@deltawire/server";
import { afterEach, expect, test } from "vitest";
import { type ProxiedMessage, startProxy } from "../packages/cli/src/demo/proxy.js";

const cleanups: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

const sum = (messages: readonly ProxiedMessage[]): number =>
  messages.reduce((bytes, { total }) => bytes + total, 0);

/** A server, a channel of it to write to, and consumers whose traffic is counted. */
async function start(throttle = 0) {
  const server = createServer();
  cleanups.push(() => server.close());
  const { url } = await server.listen({ port: 0, compression: false });
  const down: ProxiedMessage[] = [];
  const proxy = await startProxy({
    port: Number(new URL(url).port),
    onMessage: (direction, message) => direction === "down" && down.push(message),
  });
  cleanups.push(() => proxy.close());
  const writer = connect(url, { throttle });
  cleanups.push(() => writer.close());
  const thread = writer.channel("thread-42");
  const follow = async () => {
    const wire = connect(`ws://127.0.0.1:${proxy.port}/wire`);
    cleanups.push(() => wire.close());
    const channel = wire.channel("thread-42");
    channel.subscribe(() => undefined);
    await expect.poll(() => channel.isLive).toBe(true);
    return channel;
  };
  /** Sends what was written, and waits until a consumer has it. */
  const arrived = async (channel: Channel) => {
    await thread.flush();
    const { seq } = server.channel("thread-42").state;
    await expect.poll(() => channel.state.seq, { interval: 1 }).toBe(seq);
  };
  return { proxy, down, thread, follow, arrived };
}

const TOKENS = ["Hello", " world", ",\n", " ä", " 漢字", " 😀", "\0", " it", " grows", "."];
const token = (i: number): string => TOKENS[i % TOKENS.length] ?? "";

test("a join costs 300 bytes of control, both ways", async () => {
  const { proxy, follow } = await start();
  await follow();
  const bytes = proxy.up.bytes + proxy.down.bytes;
  expect(bytes).toBeGreaterThan(50);
  expect(bytes).toBeLessThanOrEqual(300);
});

test("a late join costs its text, 200, 32 a part and 64 a message, whatever the history", async () => {
  const { thread, follow, proxy } = await start();
  let text = 0;
  let parts = 0;
  for (let m = 0; m < 20; m++) {
    const reply = thread.write(`turn-${m}`, { role: "assistant" });
    for (let p = 0; p < 5; p++) {
      const part = reply.text(`part-${p}`);
      for (let i = 0; i < 20; i++) {
        part.append(token(i + p));
        if (i % 5 === 4) await setImmediate();
      }
      part.splice(0, 1, "X");
      const written = reply.message.part(`part-${p}`);
      text += Buffer.byteLength(written?.kind === "text" ? written.text : "");
      parts += 1;
    }
    if (m % 2 === 0) await reply.complete();
  }
  await thread.flush();
  const channel = await follow();
  expect(channel.state.messages).toHaveLength(20);
  expect(proxy.down.bytes).toBeLessThanOrEqual(text + 200 + 32 * parts + 64 * 20);
});

test("an append at the cursor costs 3 bytes beyond its text, 5 from 126 bytes of payload", async () => {
  const { thread, follow, down, arrived } = await start();
  const reply = thread.write("turn-7").append("It begins: ");
  await thread.flush();
  const channel = await follow();
  reply.append("the cursor is here");
  await arrived(channel);
  for (const length of [1, 2, 5, 50, 123, 124, 125, 126, 127, 1000, 65_000]) {
    down.length = 0;
    const text = "ä".repeat(Math.floor(length / 2)) + "x".repeat(length % 2);
    reply.append(text);
    await arrived(channel);
    expect(down).toHaveLength(1);
    expect(sum(down) - Buffer.byteLength(text)).toBe(length + 1 < 126 ? 3 : 5);
  }
});

test.each([3, 200])("with %i parts that grow in turn an append costs 6 at most", async (count) => {
  const { thread, follow, down, arrived } = await start();
  const reply = thread.write("turn-7");
  for (let p = 0; p < count; p++) reply.text(`part-${p}`).append(`${p}: `);
  await thread.flush();
  const channel = await follow();
  let most = 0;
  for (let i = 0; i < 2 * count; i++) {
    down.length = 0;
    const text = token(i);
    reply.text(`part-${i % count}`).append(text);
    await arrived(channel);
    expect(down).toHaveLength(1);
    most = Math.max(most, sum(down) - Buffer.byteLength(text));
  }
  expect(most).toBeLessThanOrEqual(6);
  expect(most).toBeGreaterThan(4);
});

test("an edit in the middle of 1 MB and an append in one window cost under 200 bytes", async () => {
  const { thread, follow, down, arrived } = await start(50);
  const reply = thread.write("turn-7");
  const half = "A line of text of which there are many.\n".repeat(13_000);
  reply.append(`${half}status: running\n${half}`);
  reply.json("tool").set({ name: "grep", status: "running", output: "x".repeat(2000) });
  await thread.flush();
  const channel = await follow();
  expect(channel.state.messages[0]?.text.length).toBeGreaterThan(1_000_000);
  down.length = 0;
  reply.append(" and"); // the leading edge; what follows waits for the window's end
  await thread.flush();
  reply.splice(half.length + 8, 7, "completed");
  reply.json("tool").set({ name: "grep", status: "completed", output: "x".repeat(2000) });
  reply.append(" so on");
  await arrived(channel);
  expect(channel.state.messages[0]?.text).toMatch(/and so on$/);
  expect(channel.state.messages[0]?.text).toContain("status: completed\n");
  expect(sum(down)).toBeLessThan(200);
});

test("L36: what an edit costs does not depend on what is there", async () => {
  const costs: number[][] = [];
  for (const size of [1000, 1_000_000]) {
    const { thread, follow, down, arrived } = await start();
    const reply = thread.write("turn-7");
    for (let p = 0; p < 100; p++) reply.text(`part-${p}`).append("x".repeat(size / 100));
    reply
      .json("tool")
      .set({ status: "run", log: Array.from({ length: size / 100 }, () => "line") });
    await thread.flush();
    const channel = await follow();
    const edits: (() => unknown)[] = [
      () => reply.text("part-7").append("more"),
      () => reply.text("part-7").append("and more"),
      () => reply.text("part-50").splice(3, 2, "edited"),
      () => reply.json("tool").patch([{ op: "replace", path: "/status", value: "done" }]),
      () => reply.text("a new part").append("begins"),
      () => reply.removePart("part-9"),
      () => reply.setAttributes({ model: "m" }),
      () => thread.write("turn-8").append("Hi"),
      () => thread.write("turn-8").complete(),
    ];
    const cost: number[] = [];
    for (const edit of edits) {
      down.length = 0;
      edit();
      await arrived(channel);
      cost.push(sum(down));
    }
    costs.push(cost);
  }
  expect(costs[1]).toEqual(costs[0]);
  for (const cost of costs[0] ?? []) expect(cost).toBeLessThan(120);
});
