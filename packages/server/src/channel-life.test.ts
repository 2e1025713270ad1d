import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { decodeSnapshot } from "./engine/record.js";
import { createServer, type Server } from "./server.js";
import { added, completed, digest, frame } from "./testing/changes.js";
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

function start(idle?: number): Server {
  const server = createServer({
    data: { log: log.view(), store, ...(idle !== undefined && { idle }) },
  });
  servers.push(server);
  return server;
}

/** Writes a message from outside, and goes: nothing of it is left in the server's own process. */
async function write(server: Server, channel: string, id: string, text: string): Promise<void> {
  const { url } = await server.listen({ port: 0 });
  const produce = { type: "produce", channel, producer: `p-${id}` };
  const changes = { ...frame(0, added(id, text), completed(id, digest(text))), channel };
  const answer = await fetch(`${url.replace("ws", "http")}/channels/${channel}`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ frames: [produce, changes] }),
  });
  expect(await answer.json()).toMatchObject({
    frames: [{ type: "producing" }, { type: "ack", seq: 1 }],
  });
}

const loaded = async (server: Server): Promise<number> => {
  const answer = await server.admin(new Request("http://localhost/stats"));
  return (await answer.json()).channels;
};

test("a channel that nobody uses leaves the memory, and comes back as it was", async () => {
  const server = start(100);
  await write(server, "c", "m", "Hello");
  expect(await loaded(server)).toBe(1);
  await expect.poll(() => loaded(server), { timeout: 20_000 }).toBe(0);
  const before = await log.read("c");
  const channel = server.channel("c");
  await expect.poll(() => channel.state.message("m")?.text).toBe("Hello");
  expect(channel.state.seq).toBe(1);
  expect(before.snapshot).toBeDefined();
});

test("completed messages leave the log: it refers to what the store has", async () => {
  const server = start(100);
  await write(server, "c", "m", "x".repeat(10_000));
  await expect.poll(() => loaded(server), { timeout: 20_000 }).toBe(0);
  const { snapshot } = await log.read("c");
  if (!snapshot) throw new TypeError("there is no snapshot");
  const { channel } = decodeSnapshot(snapshot.data, "c");
  expect(channel.messages).toEqual([{ id: "m", generation: 0, stored: true }]);
  expect(snapshot.data.length).toBeLessThan(1000);
  const again = start().channel("c");
  await expect.poll(() => again.state.message("m")?.text.length).toBe(10_000);
});

test("however many subscribe at once, a channel is loaded once", async () => {
  await write(start(), "c", "m", "Hello");
  const load = vi.spyOn(store, "load");
  const server = start();
  const { url } = await server.listen({ port: 0 });
  const read = () => fetch(`${url.replace("ws", "http")}/channels/c`);
  const answers = await Promise.all(Array.from({ length: 20 }, read));
  for (const answer of answers) {
    expect(await answer.json()).toMatchObject({ type: "snapshot", messages: [{ id: "m" }] });
  }
  expect(load.mock.calls.filter(([name]) => name === "c").length).toBeLessThanOrEqual(1);
});

test("who comes back after a server has started again gets what changed, not everything", async () => {
  const one = start();
  const channel = one.channel("c", { throttle: 0 });
  const message = channel.write("m").append("Hello");
  await expect.poll(() => channel.state.message("m")?.text).toBe("Hello");
  const { epoch, seq } = channel.state;
  await message.append(" world").complete();
  await one.close();
  servers = [];
  const { url } = await start().listen({ port: 0 });
  const answer = await fetch(
    `${url.replace("ws", "http")}/channels/c?since=${encodeURIComponent(epoch)}:${seq}`,
  );
  expect(await answer.json()).toMatchObject({ type: "changes", from: seq });
});
