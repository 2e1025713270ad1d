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
