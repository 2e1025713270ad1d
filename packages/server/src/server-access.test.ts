import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { createServer as createHttpServer } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, describe, expect, test } from "vitest";
import { WebSocket } from "ws";
import { createServer, type Server } from "./server.js";
import type { ServerOptions } from "./server-options.js";
import { TestEvents } from "./testing/http-server.js";
import { RawClient } from "./testing/raw-client.js";

const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

const authenticate: ServerOptions["authenticate"] = ({ token }) =>
  token === undefined ? undefined : { id: token };

function start(options?: ServerOptions): Server {
  const server = createServer(options);
  cleanups.push(() => server.close());
  return server;
}

async function listen(
  options?: ServerOptions,
): Promise<{ server: Server; url: string; http: string }> {
  const server = start(options);
  const { url } = await server.listen({ port: 0, origins: ["https://app.example.com"] });
  return { server, url, http: url.replace("ws", "http") };
}

/** How a handshake ends: with its subprotocol, or with the status of its refusal. */
async function handshake(url: string, options: object, protocols = ["deltawire.v1.json"]) {
  const socket = new WebSocket(url, protocols, options);
  return new Promise<string | number>((resolve) => {
    socket.on("open", () => {
      resolve(socket.protocol);
      socket.close();
    });
    socket.on("unexpected-response", (_request, response) => resolve(response.statusCode ?? 0));
    socket.on("error", () => resolve(0));
  });
}

describe("where nobody is asked who it is", () => {
  test.each(["0.0.0.0", "::", "example.com"])("listening on %s is refused", async (host) => {
    await expect(start().listen({ port: 0, host })).rejects.toMatchObject({
      code: "forbidden",
      message: expect.stringMatching(/authenticate/),
    });
  });

  test.each(["127.0.0.1", "localhost", "::1"])("listening on %s is not", async (host) => {
    await start().listen({ port: 0, host });
  });

  test("a host that is not this machine's is refused, by WebSocket and by request", async () => {
    const { url, http } = await listen();
    expect(await handshake(url, { headers: { host: "evil.test" } })).toBe(403);
    expect(await handshake(url, {})).toBe("deltawire.v1.json");
    expect((await fetch(`${http}/channels/c`)).status).toBe(200);
  });

  test("fetch answers this machine only", async () => {
    const server = start();
    const warned = once(process, "warning");
    const status = async (host: string, remoteAddress?: string) => {
      const request = new Request(`http://${host}/wire/channels/c`);
      return (await server.fetch(request, { remoteAddress })).status;
    };
    expect(await status("localhost")).toBe(200);
    expect(await status("localhost", "::1")).toBe(200);
    expect(await status("localhost", "192.0.2.1")).toBe(403);
    expect(await status("example.com")).toBe(403);
    expect(String((await warned)[0])).toMatch(/authenticate/);
  });
});

describe("a WebSocket", () => {
  test.each([
    ["https://app.example.com", "deltawire.v1.json"],
    ["https://evil.test", 403],
    ["null", 403],
  ])("of a page of %s: %s", async (origin, expected) => {
    const { url } = await listen();
    expect(await handshake(url, { origin })).toBe(expected);
  });

  test("takes its token from wherever one can be put; the subprotocol is never selected", async () => {
    const { url } = await listen({ authenticate });
    const entry = `deltawire.token.${Buffer.from("änn").toString("base64url")}`;
    const cases: [object, string[]][] = [
      [{ headers: { authorization: "Bearer ann" } }, []],
      [{ headers: { cookie: "deltawire_token=ann" } }, []],
      [{}, [entry]],
    ];
    for (const [options, protocols] of cases) {
      const socket = new WebSocket(url, [...protocols, "deltawire.v1.json"], options);
      await once(socket, "open");
      expect(socket.protocol).toBe("deltawire.v1.json");
      socket.send('{"type":"hello","version":1}');
      expect(String((await once(socket, "message"))[0])).toContain("welcome");
      socket.close();
    }
    expect(await handshake(url, {}, [entry])).toBe(400);
    const nobody = await RawClient.open(url, "json", false);
    nobody.send({ type: "hello", version: 1 });
    expect((await nobody.closed).code).toBe(4401);
  });

  test("and a stream of events lose a right that is withdrawn, and go on with the rest", async () => {
    let allowed = true;
    const authorize: ServerOptions["authorize"] = async ({ channel }) => allowed || channel !== "c";
    const { server, url, http } = await listen({ authenticate, authorize });
    const client = await RawClient.open(url, "msgpack", false);
    client.send({ type: "hello", version: 1, token: "ann" });
    for (const channel of ["c", "d"]) {
      client.send({ type: "subscribe", channel, request: 1 });
      await client.next("snapshot");
    }
    const headers = { authorization: "Bearer ann" };
    const events = new TestEvents(await fetch(`${http}/channels/c/events`, { headers }));
    await events.frames(3);
    allowed = false;
    await server.reauthorize({ principal: "bob" });
    await server.reauthorize({ principal: "ann", channel: "c" });
    expect(await client.next("error")).toMatchObject({
      code: "forbidden",
      channel: "c",
      request: 1,
    });
    expect(await events.frame()).toMatchObject({ type: "error", code: "forbidden" });
    server.channel("c").write("m").append("secret");
    server.channel("d").write("m").append("shown");
    expect(await client.next("changes")).toMatchObject({ channel: "d" });
    expect(JSON.stringify(client.frames)).not.toContain("secret");
  });
});

describe("requests", () => {
  test("beside an application leave the rest to it", async () => {
    const http = createHttpServer((_request, response) => response.end("the application"));
    cleanups.push(() => http.close());
    const server = start();
    server.attach(http, { path: "/api/wire" });
    http.listen(0, "127.0.0.1");
    await once(http, "listening");
    const at = `http://127.0.0.1:${(http.address() as AddressInfo).port}`;
    expect((await fetch(`${at}/api/wire/channels/c`)).status).toBe(200);
    expect(await (await fetch(`${at}/api/other`)).text()).toBe("the application");
    await server.close();
    expect(await (await fetch(`${at}/api/wire/channels/c`)).text()).toBe("the application");
  });

  test("below another path are those of another endpoint", async () => {
    const server = start();
    const get = async (path: string) =>
      (await server.fetch(new Request(`http://localhost${path}`), { path: "/api" })).status;
    expect(await get("/api/channels/c")).toBe(200);
    expect(await get("/wire/channels/c")).toBe(404);
  });

  test("find the server closing, and events end with a goodbye", async () => {
    const { server, http } = await listen();
    const events = new TestEvents(await fetch(`${http}/channels/c/events`));
    await events.frames(3);
    await server.close();
    expect((await events.rest()).map(({ data }) => JSON.parse(data))).toMatchObject([
      { type: "goodbye", retry_after: expect.any(Number) },
      { code: 1001 },
    ]);
    const late = await server.fetch(new Request("http://localhost/wire/channels/c"));
    expect(late.status).toBe(503);
  });
});

test.each([{ connections: 0 }, { framesPerSecond: -1 }, { lease: Number.NaN }])(
  "limits of %j are refused",
  (limits) => {
    expect(() => createServer({ limits })).toThrow(RangeError);
  },
);

const hasCurl = spawnSync("curl", ["--version"]).status === 0;

test.runIf(hasCurl)("curl -N shows a channel as it grows", async () => {
  const { server, http } = await listen();
  const reply = server.channel("c", { throttle: 0 }).write("m");
  reply.append("Hello");
  const curl = spawn("curl", ["-sN", `${http}/channels/c/events`]);
  cleanups.push(() => curl.kill());
  let output = "";
  curl.stdout.on("data", (chunk) => {
    output += chunk;
  });
  await expect.poll(() => output).toMatch(/^retry: \d+\n\n.*"Hello"/s);
  reply.append(" wörld 😀");
  await expect.poll(() => output).toMatch(/\nid: \w+:\d+\ndata: \{[^\n]*" wörld 😀"[^\n]*\}\n\n$/);
});
