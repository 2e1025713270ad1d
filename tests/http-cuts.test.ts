import { once } from "node:events";
import { createServer as createHttpServer } from "node:http";
import type { AddressInfo, Socket } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { type Channel, connect } from "@deltawire/client";
import { createServer } from "@deltawire/server";
import { expect, test } from "vitest";

const MESSAGES = 5;
const APPENDS = 40;
/** Milliseconds between cuts: more than a connection must last to count, so that waits stay short. */
const PEACE = 1200;

/** A server over HTTP whose connections are cut now and then, half of them at a time. */
async function serve() {
  const server = createServer({ limits: { lease: 1000 } });
  const http = createHttpServer();
  server.attach(http);
  const sockets = new Set<Socket>();
  http.on("connection", (socket: Socket) => {
    sockets.add(socket);
    socket.on("close", () => sockets.delete(socket));
  });
  http.listen(0, "127.0.0.1");
  await once(http, "listening");
  let cuts = 0;
  const cutter = setInterval(() => {
    for (const socket of sockets) {
      if (Math.random() < 0.5) continue;
      socket.destroy();
      cuts += 1;
    }
  }, PEACE);
  const close = async () => {
    await server.close();
    http.closeAllConnections();
    http.close();
  };
  const spare = () => clearInterval(cutter);
  const url = `ws://127.0.0.1:${(http.address() as AddressInfo).port}/wire`;
  return { server, url, close, spare, cuts: () => cuts };
}

/** Writes messages, asks who writes for something meanwhile, and returns the texts. */
async function write(channel: Channel, asker: Channel, answers: unknown[]): Promise<string[]> {
  const texts: string[] = [];
  for (let m = 0; m < MESSAGES; m++) {
    const message = channel.write(`m${m}`);
    let text = "";
    for (let i = 0; i < APPENDS; i++) {
      text += `${m}.${i} 😀 `;
      message.append(`${m}.${i} 😀 `);
      await sleep(25);
    }
    answers.push(await asker.command("count"));
    texts.push(text);
    await message.complete();
  }
  return texts;
}

test("over HTTP, cut again and again: all texts, each command once", async () => {
  const { server, url, close, spare, cuts } = await serve();
  const wires = Array.from({ length: 5 }, () => connect(url, { transport: "http", throttle: 20 }));
  const [writer, asker, ...readers] = wires.map((wire, i) =>
    wire.channel("c", i === 4 ? { last: 2 } : {}),
  );
  if (!writer || !asker) throw new Error("there are five");
  for (const reader of readers) reader.subscribe(() => undefined);
  let count = 0;
  writer.onCommand("count", () => {
    count += 1;
    return count;
  });
  const answers: unknown[] = [];
  const texts = await write(writer, asker, answers);
  spare();
  for (const wire of wires) wire.retry();
  expect(cuts()).toBeGreaterThan(5);
  expect(answers).toEqual(texts.map((_, i) => i + 1));
  const { state } = server.channel("c");
  expect(state.messages.map(({ text }) => text)).toEqual(texts);
  const isThere = (reader: Channel) => reader.isLive && reader.state.seq === state.seq;
  await expect.poll(() => readers.every(isThere), { timeout: 20_000 }).toBe(true);
  for (const { state } of readers) {
    expect(state.messages.map(({ text }) => text)).toEqual(texts.slice(state.earlier));
  }
  await Promise.all(wires.map((wire) => wire.close()));
  await close();
});
