import { afterEach, expect, test } from "vitest";
import { HostedChannels, randomId } from "./hosted-channels.js";
import { createServer, type Server } from "./server.js";
import { ServerChannel } from "./server-channel.js";
import { Statistics } from "./statistics.js";
import { FakeClock } from "./testing/fake-clock.js";
import { MemoryLog } from "./testing/memory-log.js";

let server: Server;

afterEach(() => server?.close());

test("that made room for others is another one, for who writes then and who reads", () => {
  const clock = new FakeClock();
  const statistics = new Statistics({ now: () => clock.now(), afterWrites: (run) => run() });
  const times = { lease: 15_000, lost: 600_000 };
  const host = { clock, statistics, times, listeners: [], report: () => undefined };
  const channels = new HostedChannels(host, 1);
  const open = () => channels.get("a");
  const channel = new ServerChannel("a", { clock, producer: randomId(), open }, { throttle: 0 });
  channels.open("b");
  channel.write("m").append("written");
  clock.advance(0);
  const now = channels.open("a");
  expect(now.state.message("m")?.text).toBe("written");
  expect(channel.state).toBe(now.state);
});

test("that was given back to its log is loaded anew by who writes then", async () => {
  const log = new MemoryLog();
  server = createServer({ data: { log: log.view(), idle: 200 } });
  const channel = server.channel("c", { throttle: 0 });
  const count = async () => {
    const answer = await server.admin(new Request("http://localhost/stats"));
    return (await answer.json()).channels;
  };
  await expect.poll(count, { interval: 5 }).toBe(1);
  await expect.poll(count).toBe(0);
  await channel.write("m").append("written").complete();
  expect(channel.state.message("m")?.text).toBe("written");
});
