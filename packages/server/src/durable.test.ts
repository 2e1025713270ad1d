import { afterEach, beforeEach, expect, test } from "vitest";
import { createServer, type Server } from "./server.js";
import { MemoryLog } from "./testing/memory-log.js";
import { MemoryStore } from "./testing/memory-store.js";

let log: MemoryLog;
let store: MemoryStore;
let servers: Server[];

beforeEach(() => {
  log = new MemoryLog();
  store = new MemoryStore();
  servers = [];
});
afterEach(async () => {
  for (const server of servers) await server.close();
});

function start(): Server {
  const server = createServer({ data: { log: log.view(), store } });
  servers.push(server);
  return server;
}

test("what one server takes another one tells, and the hook runs once", async () => {
  const [one, two] = [start(), start()];
  const completed: string[] = [];
  one.on("message_completed", ({ key }) => completed.push(key));
  two.on("message_completed", ({ key }) => completed.push(key));
  const written = one.channel("c", { throttle: 0 });
  const read = two.channel("c");
  read.subscribe(() => undefined);
  const message = written.write("m");
  message.append("Hello");
  await expect.poll(() => read.state.message("m")?.text).toBe("Hello");
  await message.append(" world").complete();
  await expect.poll(() => read.state.message("m")?.status).toBe("completed");
  expect(read.state.epoch).toBe(written.state.epoch);
  await expect.poll(() => completed).toEqual(['["c","m",0]']);
  expect((await store.load("c"))?.messages[0]?.message.status).toBe("completed");
});

test("a server that starts later has what was written before", async () => {
  const one = start();
  const channel = one.channel("c", { throttle: 0 });
  await channel.write("m").append("Hello").complete();
  const { epoch, seq } = channel.state;
  await one.close();
  servers = [];
  const two = start().channel("c");
  await expect.poll(() => two.state.message("m")?.text).toBe("Hello");
  expect(two.state).toMatchObject({ epoch, seq });
});

test("L39: what had ended is there where the log begins again with nothing, and stays in the store", async () => {
  const texts = async () => (await store.load("c"))?.messages.map(({ message }) => message.parts);
  const parts = [{ id: "text", kind: "text", text: "Hello" }];
  const channel = start().channel("c", { throttle: 0 });
  await channel.write("m").append("Hello").complete();
  await expect.poll(texts).toEqual([parts]);
  await servers.shift()?.close();
  log.clear();
  const next = start().channel("c", { throttle: 0 });
  const another = start().channel("c");
  await next.write("n").append("world").complete();
  for (const one of [next, another]) {
    await expect.poll(() => one.state.message("m")?.text).toBe("Hello");
  }
  await expect.poll(texts).toMatchObject([parts, [{ text: "world" }]]);
  const [first] = (await log.read("c")).records;
  expect(Buffer.from(first?.data ?? []).includes("Hello")).toBe(false);
});

test("history is read from the store, page by page, without the channel", async () => {
  const channel = start().channel("c", { throttle: 0 });
  for (let i = 0; i < 5; i++) await channel.write(`m${i}`).append(`text ${i}`).complete();
  await expect.poll(async () => (await store.load("c"))?.messages.length).toBe(5);
  const [server] = servers;
  const last = await server?.history("c", { limit: 2 });
  expect(last?.messages.map(({ text }) => text)).toEqual(["text 3", "text 4"]);
  const { messages, before } = (await server?.history("c", { before: last?.before })) ?? {};
  expect(messages?.map(({ id }) => id)).toEqual(["m0", "m1", "m2"]);
  expect(before).toBeUndefined();
  expect((await server?.history("nobody"))?.messages).toEqual([]);
});

test("L39: an orphaned channel is taken over: its listeners run, and its messages end", async () => {
  const one = start();
  one.on("message_completed", () => Promise.reject(new Error("not now")));
  one.on("error", () => undefined);
  await one.channel("c", { throttle: 0 }).write("m").append("Hello").complete();
  const two = start();
  const completed: string[] = [];
  two.on("message_completed", ({ message }) => completed.push(message.text));
  await one.close();
  servers = [two];
  await expect.poll(() => completed, { timeout: 20_000 }).toEqual(["Hello"]);
});

test("what is deleted is gone from log, store and viewers; its name begins anew", async () => {
  const [one, two] = [start(), start()];
  const channel = one.channel("c", { throttle: 0 });
  const viewer = two.channel("c");
  viewer.subscribe(() => undefined);
  await channel.write("m").append("Hello").complete();
  await expect.poll(() => viewer.state.message("m")?.status).toBe("completed");
  const { epoch } = viewer.state;
  await one.delete("c");
  await expect.poll(() => viewer.state.messages.length).toBe(0);
  expect(await store.load("c")).toBeUndefined();
  expect((await log.read("c")).records).toEqual([]);
  const anew = one.channel("c", { throttle: 0 });
  await anew.write("m").append("Again").complete();
  expect(anew.state.message("m")?.text).toBe("Again");
  expect(anew.state.epoch).not.toBe(epoch);
});

test("a save that is on its way does not bring back what is deleted", async () => {
  const save = store.save.bind(store);
  store.save = async (saves) => {
    await new Promise((resolve) => setTimeout(resolve, 50));
    return save(saves);
  };
  const [one, two] = [start(), start()];
  const channel = one.channel("c", { throttle: 0 });
  const elsewhere = two.channel("c", { throttle: 0 });
  elsewhere.subscribe(() => undefined);
  await channel.write("m").append("Hello").complete();
  await two.delete("c");
  await new Promise((resolve) => setTimeout(resolve, 2500));
  expect(await store.load("c")).toBeUndefined();
  expect((await log.read("c")).records).toEqual([]);
});

test.each([{ messages: -1 }, { age: Number.NaN }, { bytes: -0.5 }])(
  "a retention of %j is refused when the server is made",
  (retention) => {
    const what = `data.retention.${Object.keys(retention)[0]} is 0 or greater`;
    expect(() => createServer({ data: { log: log.view(), store, retention } })).toThrow(
      new RangeError(what),
    );
  },
);

test("retention lets go what has ended, everywhere", async () => {
  const server = createServer({
    data: { log: log.view(), store, retention: { messages: 2 } },
  });
  servers.push(server);
  const channel = server.channel("c", { throttle: 0 });
  for (let i = 0; i < 5; i++) await channel.write(`m${i}`).append(`text ${i}`).complete();
  await expect
    .poll(() => channel.state.messages.map(({ id }) => id), { timeout: 20_000 })
    .toEqual(["m3", "m4"]);
  await expect
    .poll(async () => (await store.load("c"))?.messages.map(({ message }) => message.id), {
      timeout: 20_000,
    })
    .toEqual(["m3", "m4"]);
});

test("a rule's retention takes the place of that of data, for the channels of its pattern", async () => {
  const server = createServer({
    data: { log: log.view(), store, retention: { messages: 3 } },
    channels: {
      "short/*": { retention: { messages: 1 } },
      "short*": { retention: { messages: 9 } },
    },
  });
  servers.push(server);
  const [short, usual] = ["short/x", "c"].map((name) => server.channel(name, { throttle: 0 }));
  for (const channel of [short, usual]) {
    for (let i = 0; i < 5; i++) await channel?.write(`m${i}`).append("text").complete();
  }
  for (const [channel, left] of [
    [short, ["m4"]],
    [usual, ["m2", "m3", "m4"]],
  ] as const) {
    await expect
      .poll(() => channel?.state.messages.map(({ id }) => id), { timeout: 20_000 })
      .toEqual(left);
  }
});

test("while the log is down who comes is told to come again, and who reads keeps the text", async () => {
  const view = log.view();
  const server = createServer({ data: { log: view, store } });
  server.on("error", () => undefined);
  servers.push(server);
  const channel = server.channel("c", { throttle: 0 });
  const message = channel.write("m").append("Hello");
  await expect.poll(() => channel.state.message("m")?.text).toBe("Hello");
  view.faults.isDown = true;
  message.append(" world");
  const { url } = await server.listen({ port: 0 });
  const answer = await fetch(`${url.replace("ws", "http")}/channels/another`);
  expect(answer.status).toBe(503);
  expect(await answer.json()).toMatchObject({ error: { code: "overloaded" } });
  expect(channel.state.message("m")?.text).toBe("Hello");
  view.faults.isDown = false;
  await message.complete();
  expect(channel.state.message("m")?.text).toBe("Hello world");
});
