import { once } from "node:events";
import { createServer, get, type IncomingMessage, request, type Server } from "node:http";
import { type AddressInfo, connect, type Socket } from "node:net";
import { SUBPROTOCOLS } from "@deltawire/spec";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { RateLimits } from "./rate-limit.js";
import { atOnce } from "./testing/at-once.js";
import { added, append, frame } from "./testing/changes.js";
import { TestServer } from "./testing/pair.js";
import { RawClient } from "./testing/raw-client.js";
import { type EndpointOptions, WebSocketEndpoint } from "./websocket.js";

let server: TestServer;
let endpoint: WebSocketEndpoint;
let http: Server;
let url: string;
let sockets: Socket[];

async function start(options?: EndpointOptions, limits?: RateLimits): Promise<void> {
  server = new TestServer();
  server.limits = limits;
  http = createServer((_request, response) => response.end("the application"));
  sockets = [];
  http.on("connection", (socket: Socket) => sockets.push(socket));
  endpoint = new WebSocketEndpoint(server.host, "/wire", options);
  endpoint.attach(http);
  http.listen(0, "127.0.0.1");
  await once(http, "listening");
  url = `ws://127.0.0.1:${(http.address() as AddressInfo).port}/wire`;
}

beforeEach(() => start());
afterEach(async () => {
  for (const socket of sockets) socket.destroy();
  await endpoint.close("the test is over", 0);
  http.close();
});

/** What an HTTP request for an upgrade gets. */
async function upgrade(path: string, protocols?: string): Promise<IncomingMessage> {
  const { port } = http.address() as AddressInfo;
  const asked = request({
    port,
    path,
    headers: {
      connection: "Upgrade",
      upgrade: "websocket",
      "sec-websocket-version": "13",
      "sec-websocket-key": "dGhlIHNhbXBsZSBub25jZQ==",
      ...(protocols !== undefined && { "sec-websocket-protocol": protocols }),
    },
  });
  asked.end();
  const [answer] = await Promise.race([once(asked, "response"), once(asked, "upgrade")]);
  return answer;
}

describe("negotiation", () => {
  const { msgpack, json } = SUBPROTOCOLS;

  test.each([
    [`${msgpack}, ${json}`, msgpack],
    [`${json}, ${msgpack}`, json],
    [json, json],
    [`deltawire.v2.json,${json}`, json],
    [`other , ${msgpack}`, msgpack],
  ])("of %s: %s", async (offered, chosen) => {
    const answer = await upgrade("/wire", offered);
    expect(answer.statusCode).toBe(101);
    expect(answer.headers["sec-websocket-protocol"]).toBe(chosen);
    expect(answer.headers["sec-websocket-extensions"]).toBeUndefined();
  });

  test.each([undefined, "other", "deltawire.v2.json"])("of %s: refused", async (offered) => {
    const answer = await upgrade("/wire", offered);
    expect(answer.statusCode).toBe(400);
    const [body] = await once(answer, "data");
    expect(String(body)).toContain(msgpack);
    expect(String(body)).toContain(json);
  });

  test("what is refused is closed, also where the client is gone before the answer", async () => {
    const { port } = http.address() as AddressInfo;
    const lines = ["GET /wire HTTP/1.1", "Host: x", "Connection: Upgrade", "Upgrade: websocket"];
    for (let i = 0; i < 20; i++) {
      const client = connect(port, "127.0.0.1");
      client.on("error", () => undefined);
      client.write(`${lines.join("\r\n")}\r\n\r\n`);
      client.resetAndDestroy();
    }
    expect((await upgrade("/wire")).statusCode).toBe(400);
    await expect.poll(() => sockets.every(({ destroyed }) => destroyed)).toBe(true);
  });
});

test("who is refused and does not hang up is hung up on", async () => {
  const { port } = http.address() as AddressInfo;
  const client = connect({ port, host: "127.0.0.1", allowHalfOpen: true });
  client.write(
    "GET /wire HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n",
  );
  await once(client, "data");
  await expect.poll(() => sockets.every(({ destroyed }) => destroyed)).toBe(true);
  client.destroy();
});

describe("paths", () => {
  test("a query is not part of it", async () => {
    expect((await upgrade("/wire?a=b", SUBPROTOCOLS.json)).statusCode).toBe(101);
  });

  test("another one is not found, where nobody else takes upgrades", async () => {
    const answer = await upgrade("/wires", SUBPROTOCOLS.json);
    expect(answer.statusCode).toBe(404);
    await expect.poll(() => sockets.every(({ destroyed }) => destroyed)).toBe(true);
  });

  test("another one is left to whoever else takes upgrades; requests to the application", async () => {
    http.on("upgrade", (incoming: IncomingMessage, socket: Socket) => {
      if (incoming.url === "/other") socket.end("HTTP/1.1 418 Other\r\n\r\n");
    });
    expect((await upgrade("/other", SUBPROTOCOLS.json)).statusCode).toBe(418);
    expect((await upgrade("/wire", SUBPROTOCOLS.json)).statusCode).toBe(101);
    const [answer] = await once(get(url.replace("ws", "http")), "response");
    expect(String((await once(answer, "data"))[0])).toBe("the application");
  });
});

describe("messages", () => {
  test.each(["json", "msgpack"] as const)("travel both ways (%s)", async (codec) => {
    const writer = await RawClient.open(url, codec);
    const reader = await RawClient.open(url, codec);
    reader.send({ type: "subscribe", channel: "c", request: 1 });
    await reader.next("snapshot");
    writer.send({ type: "produce", channel: "c", producer: "p" });
    await writer.next("producing");
    writer.send(frame(0, added("m", "Hällo 😀\0")));
    expect(await reader.next("changes")).toEqual(
      frame(0, { ...added("m", "Hällo 😀\0"), origin: "p" }),
    );
  });

  test("that are due together are one write, in their order", async () => {
    const reader = await RawClient.open(url);
    reader.send(
      { type: "subscribe", channel: "c", request: 1 },
      { type: "subscribe", channel: "d", request: 1 },
    );
    await reader.settled();
    const writes = countWrites(sockets[0] as Socket);
    const tokens = ["c", "d"].map(
      (name) => atOnce(server.channel(name).attach("p", { fence() {}, lose() {} })).token,
    );
    for (let i = 0; i < 10; i++) {
      const name = i % 2 === 0 ? "c" : "d";
      const seq = Math.floor(i / 2);
      const next = { ...frame(seq, added(`m${i}`)), channel: name };
      atOnce(server.channel(name).append("p", tokens[i % 2] ?? 0, next));
    }
    await reader.settled();
    expect(writes()).toBe(2); // the frames, and the pong
    const ids = reader.frames.flatMap((received) =>
      received.type === "changes" ? received.changes : [],
    );
    expect(ids.map((change) => "id" in change && change.id)).toEqual(
      Array.from({ length: 10 }, (_, i) => `m${i}`),
    );
  });

  test("that come together are answered by one write", async () => {
    const client = await RawClient.open(url);
    const writes = countWrites(sockets[0] as Socket);
    client.tcp.cork();
    for (let id = 0; id < 10; id++) client.send({ type: "ping", id });
    client.tcp.uncork();
    await client.settled();
    expect(writes()).toBeLessThanOrEqual(2);
  });

  test("of ill-formed UTF-8 close the connection with 1007, and no other", async () => {
    const client = await RawClient.open(url, "json");
    const other = await RawClient.open(url, "json");
    client.socket.send(Buffer.from([0x22, 0xff, 0x22]), { binary: false });
    expect((await client.closed).code).toBe(1007);
    await other.settled();
    expect(server.defects).toEqual([]);
  });

  test.each(["json", "msgpack"] as const)("of 65 MB close it with 1009 (%s)", async (codec) => {
    const client = await RawClient.open(url, codec);
    const other = await RawClient.open(url, codec);
    const large = Buffer.alloc(65_000_000, "x");
    client.socket.send(large, { binary: codec === "msgpack" }, () => undefined);
    expect((await client.closed).code).toBe(1009);
    await other.settled();
  });

  test("that cannot be read close it with 4400 at the sixteenth", async () => {
    const client = await RawClient.open(url);
    const other = await RawClient.open(url);
    for (let i = 0; i < 5000; i++) client.socket.send(Buffer.from([0xc9, i & 255]));
    expect(await client.closed).toEqual({ code: 4400, reason: "too many malformed frames" });
    expect(client.frames.filter(({ type }) => type === "error")).toHaveLength(16);
    await other.settled();
  });
});

/** Counts what is handed to the operating system. */
function countWrites(socket: Socket): () => number {
  let count = 0;
  const counted = socket as unknown as Record<"_write" | "_writev", (...args: unknown[]) => void>;
  for (const name of ["_write", "_writev"] as const) {
    const write = counted[name].bind(socket);
    counted[name] = (...args) => {
      count += 1;
      write(...args);
    };
  }
  return () => count;
}

test("before hello no message is large, and none is read for it", async () => {
  const client = await RawClient.open(url, "json", false);
  client.socket.send("[".repeat(8 << 20)); // seconds, if it were parsed
  expect((await client.closed).code).toBe(4400);
  expect(client.frames).toEqual([]);
  expect(sockets[0]?.bytesRead).toBeLessThan(1 << 20);
  const greeted = await RawClient.open(url, "json", false);
  greeted.send({ type: "hello", version: 1, token: "\n".repeat(16_384) }); // escaped: twice that
  await greeted.next("welcome");
  greeted.socket.send(`"${"x".repeat(1 << 20)}"`);
  expect((await greeted.next("error")).code).toBe("malformed");
});

test("a client that is gone is forgotten", async () => {
  const gone = await RawClient.open(url);
  gone.send({ type: "subscribe", channel: "c", request: 1 });
  await gone.next("snapshot");
  gone.socket.terminate();
  await once(sockets[0] as Socket, "close");
  const { token } = atOnce(server.channel().attach("p", { fence() {}, lose() {} }));
  atOnce(server.channel().append("p", token, frame(0, added("m"))));
  atOnce(server.channel().append("p", token, frame(1, append("m", 0, "x"))));
  expect(server.defects).toEqual([]);
});

test("connections are bounded: one more is closed with 4429", async () => {
  await endpoint.close("start anew", 0);
  http.close();
  const limits = { connections: 2, connectionsPerPrincipal: 9 };
  await start({}, new RateLimits({ ...limits, framesPerSecond: 99, bytesPerSecond: 9999 }));
  const [first] = [await RawClient.open(url), await RawClient.open(url)];
  const third = await RawClient.open(url, "msgpack", false);
  expect((await third.closed).code).toBe(4429);
  first?.socket.close();
  await first?.closed;
  const again = async () => {
    const client = await RawClient.open(url, "msgpack", false);
    client.send({ type: "hello", version: 1 });
    const welcome = client.next("welcome").then(({ type }) => type);
    return Promise.race([welcome, client.closed.then(({ code }) => code)]);
  };
  await expect.poll(again).toBe("welcome");
});
