import { afterEach, describe, expect, test } from "vitest";
import { createServer, type Server } from "./server.js";
import { MemoryLog } from "./testing/memory-log.js";
import { MemoryStore } from "./testing/memory-store.js";

const servers: Server[] = [];
afterEach(async () => {
  for (const server of servers.splice(0)) await server.close();
});

function start(log: MemoryLog, store: MemoryStore): Server {
  const server = createServer({ data: { log, store } });
  servers.push(server);
  return server;
}

/** Writes messages to a channel from some servers at once, while something happens to the log. */
async function write(
  logs: readonly MemoryLog[],
  meanwhile: (i: number) => void | Promise<void>,
): Promise<void> {
  const store = new MemoryStore();
  const here = logs.map((log) => start(log, store));
  const completed = new Set<string>();
  for (const server of here)
    server.on("message_completed", ({ message }) => completed.add(message.id));
  const channels = here.map((server) => server.channel("c", { throttle: 0 }));
  for (const channel of channels) channel.subscribe(() => undefined);
  const writing: Promise<unknown>[] = [];
  for (let i = 0; i < 30; i++) {
    const message = channels[i % channels.length]?.write(`m${i}`);
    for (let j = 0; j < 5; j++) {
      message?.append(`${i}.${j} `);
      await new Promise((resolve) => setTimeout(resolve, 1));
    }
    await meanwhile(i);
    writing.push(message?.complete() ?? Promise.resolve());
  }
  await Promise.all(writing);
  const texts = Array.from({ length: 30 }, (_, i) =>
    [0, 1, 2, 3, 4].map((j) => `${i}.${j} `).join(""),
  );
  for (const channel of channels) {
    await expect
      .poll(() => texts.map((_, i) => channel.state.message(`m${i}`)?.text), { timeout: 20_000 })
      .toEqual(texts);
  }
  await expect.poll(() => completed.size, { timeout: 20_000 }).toBe(30);
  const [first] = channels;
  for (const channel of channels) expect(channel.state.epoch).toBe(first?.state.epoch);
  for (const channel of channels) expect(channel.state.seq).toBe(first?.state.seq);
  await expect
    .poll(
      async () =>
        (await store.load("c"))?.messages.filter(({ message }) => message.status === "completed")
          .length,
      { timeout: 20_000 },
    )
    .toBe(30);
}

describe("three servers write to one channel", () => {
  const views = () => {
    const log = new MemoryLog();
    return [log, log.view(), log.view()];
  };

  test("and nothing happens", () => write(views(), () => undefined));

  test("while answers are lost", () => {
    const logs = views();
    return write(logs, (i) => {
      logs[i % 3]?.faults.next("append", i % 2 === 0 ? "refused" : "unclear");
    });
  });

  test("while the log loses its last records, now and then", () => {
    const logs = views();
    return write(logs, (i) => {
      if (i % 4 === 3) logs[0]?.lose("c", 1 + (i % 5));
    });
  });

  test("while the log starts again empty", () => {
    const logs = views();
    return write(logs, (i) => {
      if (i % 10 === 9) logs[0]?.clear();
    });
  });
});
