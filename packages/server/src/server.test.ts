import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { createServer as createHttpServer, get, type Server as HttpServer } from "node:http";
import { type AddressInfo, connect, type Socket } from "node:net";
import { SUBPROTOCOLS } from "@deltawire/spec";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { createServer, type Server } from "./server.js";
import { added, append, completed, digest, frame } from "./testing/changes.js";
import { RawClient } from "./testing/raw-client.js";

const error = (code: string) => expect.objectContaining({ code });
const cleanups: (() => unknown)[] = [];
let server: Server;

beforeEach(() => {
  server = createServer();
  cleanups.push(() => server.close());
});
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

async function application(): Promise<{ http: HttpServer; port: number; url: string }> {
  const http = createHttpServer((_request, response) => response.end("the application"));
  cleanups.push(() => http.close());
  http.listen(0, "127.0.0.1");
  await once(http, "listening");
  const { port } = http.address() as AddressInfo;
  return { http, port, url: `ws://127.0.0.1:${port}/wire` };
}

/** A TCP connection that has become a WebSocket, and does nothing more: it answers no close. */
async function mute(url: string): Promise<Socket> {
  const { port } = new URL(url);
  const socket = connect(Number(port), "127.0.0.1");
  cleanups.push(() => socket.destroy());
  const lines = [
    "GET /wire HTTP/1.1",
    "Host: localhost",
    "Connection: Upgrade",
    "Upgrade: websocket",
    "Sec-WebSocket-Version: 13",
    `Sec-WebSocket-Key: ${randomBytes(16).toString("base64")}`,
    `Sec-WebSocket-Protocol: ${SUBPROTOCOLS.json}`,
  ];
  socket.write(`${lines.join("\r\n")}\r\n\r\n`);
  expect(String((await once(socket, "data"))[0])).toMatch(/^HTTP\/1.1 101 /);
  return socket;
}

describe("listening", () => {
  test("on any free port, of this machine only, at a path of its own", async () => {
    const { url } = await server.listen({ port: 0 });
    expect(url).toMatch(/^ws:\/\/127\.0\.0\.1:\d+\/wire$/);
    await RawClient.open(url);
    const [answer] = await once(get(url.replace("ws", "http")), "response");
    expect(answer.statusCode).toBe(426);
    expect(String((await once(answer, "data"))[0])).toContain("/wire");
  });

  test("on another host and path", async () => {
    const { url } = await server.listen({ port: 0, host: "::1", path: "/live" });
    expect(url).toMatch(/^ws:\/\/\[::1\]:\d+\/live$/);
    await RawClient.open(url);
  });

  test("all other requests go to a handler, and one that fails is an answer of 500", async () => {
    const defects: unknown[] = [];
    server.on("error", ({ error: defect }) => defects.push(defect));
    const { url, origin } = await server.listen({
      port: 0,
      handler: async ({ url: path }, response) => {
        if (path === "/page") return response.end("the page");
        if (path === "/half") response.write("half");
        throw new Error(`nothing at ${path}`);
      },
    });
    expect(origin).toBe(`http://${new URL(url).host}`);
    expect(await (await fetch(`${origin}/page`)).text()).toBe("the page");
    expect((await fetch(`${origin}/wire`)).status).toBe(426);
    expect((await fetch(`${origin}/none`)).status).toBe(500);
    await expect(fetch(`${origin}/half`).then((answer) => answer.text())).rejects.toThrow();
    expect(defects.map(String)).toEqual(["Error: nothing at /none", "Error: nothing at /half"]);
    await RawClient.open(url);
  });

  test("on a port that is taken fails with the system's error, and harms nobody", async () => {
    const first = await server.listen({ port: 0 });
    const port = Number(new URL(first.url).port);
    await expect(server.listen({ port })).rejects.toMatchObject({ code: "EADDRINUSE" });
    const second = await server.listen({ port: 0 });
    for (const { url } of [first, second]) await RawClient.open(url);
    await server.close();
  });

  test("on several ports is one server", async () => {
    const [first, second] = [await server.listen({ port: 0 }), await server.listen({ port: 0 })];
    const reader = await RawClient.open(first.url);
    const writer = await RawClient.open(second.url);
    reader.send({ type: "subscribe", channel: "c", request: 1 });
    await reader.next("snapshot");
    writer.send({ type: "produce", channel: "c", producer: "p" });
    await writer.next("producing");
    writer.send(frame(0, added("m")));
    expect((await reader.next("changes")).changes).toMatchObject([{ id: "m", origin: "p" }]);
  });
});

describe("closing", () => {
  test("says goodbye, closes with 1001, and lets nobody in again", async () => {
    const { url } = await server.listen({ port: 0 });
    const clients = [await RawClient.open(url), await RawClient.open(url, "json")];
    const closing = server.close();
    expect(server.close()).toBe(closing);
    for (const client of clients) {
      expect(await client.next("goodbye")).toMatchObject({ reason: "the server is closing" });
      expect((await client.closed).code).toBe(1001);
    }
    await closing;
    await expect(RawClient.open(url)).rejects.toThrow("ECONNREFUSED");
    await expect(server.listen({ port: 0 })).rejects.toThrow(error("closed"));
    expect(() => server.channel("new")).toThrow(error("closed"));
    expect(() => server.attach(createHttpServer())).toThrow(error("closed"));
  });

  test("waits for nobody: clients that do not answer, connections that ask nothing", async () => {
    const { url } = await server.listen({ port: 0 });
    const client = await mute(url);
    const idle = connect(Number(new URL(url).port), "127.0.0.1");
    await once(idle, "connect");
    const gone = [client, idle].map((socket) => once(socket, "close"));
    const before = performance.now();
    await server.close();
    expect(performance.now() - before).toBeLessThan(5000);
    await Promise.all(gone);
  });

  test("before it listens: it never does", async () => {
    const { port, http } = await application();
    await new Promise((resolve) => http.close(resolve));
    const listening = server.listen({ port });
    await Promise.all([expect(listening).rejects.toThrow(error("closed")), server.close()]);
    await expect(RawClient.open(`ws://127.0.0.1:${port}/wire`)).rejects.toThrow("ECONNREFUSED");
  });

  test("of an attached server closes the connections, and leaves the server alone", async () => {
    const { http, url, port } = await application();
    server.attach(http);
    const client = await RawClient.open(url);
    await server.close();
    expect((await client.closed).code).toBe(1001);
    expect(http.listenerCount("upgrade")).toBe(0);
    const [answer] = await once(get({ port }), "response");
    expect(String((await once(answer, "data"))[0])).toBe("the application");
    await new Promise((resolve) => http.close(resolve)); // no connection keeps it open
  });

  test("while clients write: what was taken is acknowledged, and nothing fails", async () => {
    const { url } = await server.listen({ port: 0 });
    const channel = server.channel("c");
    const clients = await Promise.all(Array.from({ length: 8 }, () => RawClient.open(url)));
    for (const [i, client] of clients.entries()) {
      client.send({ type: "produce", channel: "c", producer: `p${i}` });
      await client.next("producing");
      client.send(frame(0, added(`m${i}`)));
      for (let seq = 1; seq < 500; seq++) client.send(frame(seq, append(`m${i}`, seq - 1, "x")));
    }
    await clients[0]?.next("ack");
    const { state } = channel;
    await server.close();
    for (const [i, client] of clients.entries()) {
      expect((await client.closed).code).toBe(1001);
      const last = client.frames.filter(({ type }) => type === "ack").at(-1);
      const held = channel.state.message(`m${i}`)?.text.length ?? 0;
      if (last?.type === "ack") expect(held).toBe(last.seq - 1);
      expect(client.frames.filter(({ type }) => type === "error")).toEqual([]);
    }
    expect(channel.state.seq).toBeGreaterThanOrEqual(state.seq);
  });

  test("sends what was written here first", async () => {
    const { url } = await server.listen({ port: 0 });
    const reader = await RawClient.open(url);
    reader.send({ type: "subscribe", channel: "c", request: 1 });
    await reader.next("snapshot");
    const reply = server.channel("c").write("m");
    reply.append("the last words");
    const closed = reply.closed;
    await server.close();
    await reader.closed;
    const types = reader.frames.map(({ type }) => type);
    expect(types.slice(-2)).toEqual(["changes", "goodbye"]);
    expect(JSON.stringify(reader.frames)).toContain("the last words");
    expect(await closed).toMatchObject({ reason: "lost", error: error("going_away") });
    expect(() => reply.append("more")).toThrow(error("going_away"));
  });

  test("keeps no timer", async () => {
    const timers = () => process.getActiveResourcesInfo().filter((name) => name === "Timeout");
    const before = timers().length;
    server.channel("c").write("m").append("x");
    await server.channel("c").write("m").complete();
    expect(timers().length).toBeLessThanOrEqual(before);
  });
});

test("L40: channels that came to nothing make room for others", async () => {
  const { url } = await server.listen({ port: 0 });
  await server.channel("kept").write("m").complete();
  for (let i = 0; i < 10; i++) {
    const client = await RawClient.open(url);
    for (let n = 0; n < 1000; n++) {
      client.send({ type: "subscribe", channel: `${i}.${n}`, request: 1 });
      client.send({ type: "unsubscribe", channel: `${i}.${n}` });
    }
    client.send({ type: "subscribe", channel: `kept open by ${i}`, request: 1 });
    await client.settled();
    expect(client.frames.filter(({ type }) => type === "error")).toEqual([]);
  }
  expect(server.channel("kept").state.messages).toHaveLength(1);
  expect(server.channel("one more").state.seq).toBe(0);
}, 20_000);

describe("events", () => {
  const write = (id: string) => {
    const reply = server.channel("c", { throttle: 0 }).write(id);
    reply.append(`text of ${id}`);
    return reply.complete();
  };

  test("message_completed: once for each message, whoever wrote it", async () => {
    const events: string[] = [];
    const stop = server.on("message_completed", ({ channel, message }) => {
      events.push(`${channel} ${message.id} ${message.status} ${message.text}`);
    });
    await write("a");
    const { url } = await server.listen({ port: 0 });
    const client = await RawClient.open(url);
    client.send({ type: "produce", channel: "d", producer: "p" });
    await client.next("producing");
    const completion = completed("b", digest("Hi"));
    client.send({ ...frame(0, added("b", "Hi"), completion), channel: "d" });
    client.send({ ...frame(1, completion), channel: "d" });
    await client.settled();
    expect(events).toEqual(["c a completed text of a", "d b completed Hi"]);
    stop();
    await write("c");
    expect(events).toHaveLength(2);
  });

  test("a listener that throws disturbs nothing, and is told of by error", async () => {
    const broken = new Error("the application's own");
    const errors: unknown[] = [];
    const heard: string[] = [];
    server.on("message_completed", () => {
      throw broken;
    });
    server.on("message_completed", ({ message }) => heard.push(message.id));
    server.on("error", (event) => errors.push(event.error));
    await write("a");
    await write("b");
    await Promise.resolve();
    expect(heard).toEqual(["a", "b"]);
    expect(errors).toEqual([broken, broken]);
  });

  test("error, where nobody listens, is a warning of the process", async () => {
    const warn = vi.spyOn(process, "emitWarning").mockImplementation(() => undefined);
    server.on("message_completed", () => {
      throw new Error("told as a warning");
    });
    await write("a");
    await Promise.resolve();
    expect(warn.mock.calls).toEqual([[expect.objectContaining({ message: "told as a warning" })]]);
    warn.mockRestore();
  });
});
