import { LIMITS } from "@deltawire/spec";
import { describe, expect, test, vi } from "vitest";
import { added, frame } from "./testing/changes.js";
import { byName, HttpServer, type HttpServerOptions } from "./testing/http-server.js";

const settle = () => new Promise<void>((resolve) => setImmediate(resolve));
const as = (token: string) => ({ headers: { authorization: `Bearer ${token}` } });
const produce = { type: "produce", producer: "p", instance: "i", commands: true };
const history = { type: "history", request: 1, before: "n", last: 1 };

/** A server with a message of 200,000 characters, and one after it. */
function large(options: HttpServerOptions = {}): HttpServer {
  const server = new HttpServer(options);
  server.writer()(frame(0, added("m", "x".repeat(200_000)), added("n")));
  return server;
}

/** Waits for the next command as a producer; returns what gives the answer. */
async function listen(
  server: HttpServer,
  init: RequestInit = {},
): Promise<() => Promise<Response>> {
  const { frames } = await server.post({ frames: [produce] }, "c", init);
  const token = frames[0]?.type === "producing" ? frames[0].token : 0;
  const body = JSON.stringify({ producer: "p", token, commands: true, frames: [] });
  const answer = server.fetch("/channels/c?wait=60000", { method: "POST", body, ...init });
  await settle();
  return () => answer;
}

describe("a request", () => {
  test("does not get more than an answer holds, however often it asks for a page", async () => {
    const server = large();
    const frames = Array.from({ length: 1000 }, () => history);
    const body = JSON.stringify({ frames });
    const answer = await server.fetch("/channels/c", { method: "POST", body });
    const text = await answer.text();
    expect(text.length).toBeLessThan(1.2 * LIMITS.max_frame_bytes);
    expect(JSON.parse(text).frames).toHaveLength(1000);
    expect(JSON.parse(text).frames.at(-1)).toMatchObject({ type: "error", code: "overloaded" });
  });

  test("has no more frames than a list", async () => {
    const frames = Array.from({ length: LIMITS.max_list_length + 1 }, () => ({}));
    const answer = await new HttpServer().fetch("/channels/c", {
      method: "POST",
      body: JSON.stringify({ frames }),
    });
    expect(await answer.json()).toMatchObject({ error: { code: "limit_exceeded" } });
  });

  test("counts until its answer was read, or nobody reads it", async () => {
    const server = large({ quotas: { connections: 1 } });
    const body = JSON.stringify({ frames: [history] });
    const asked = { method: "POST", body };
    const answer = await server.fetch("/channels/c", asked);
    expect((await server.fetch("/channels/c", asked)).status).toBe(503);
    expect((await answer.text()).length).toBeGreaterThan(200_000);
    expect((await server.fetch("/channels/c", asked)).status).toBe(200);
    server.clock.advance(30_000);
    expect((await server.fetch("/channels/c", asked)).status).toBe(200);
  });

  test("counts while it is not known whose it is", async () => {
    const authenticate = vi.fn(() => new Promise<undefined>(() => undefined));
    const server = new HttpServer({ authenticate, quotas: { connections: 2 } });
    const asked = Array.from({ length: 4 }, () => server.fetch("/channels/c"));
    await settle();
    expect(authenticate).toHaveBeenCalledTimes(2);
    server.clock.advance(10_000);
    const statuses = (await Promise.all(asked)).map(({ status }) => status);
    expect(statuses).toEqual([401, 401, 503, 503]);
    void server.fetch("/channels/c");
    await settle();
    expect(authenticate).toHaveBeenCalledTimes(3);
  });
});

describe("a request that waits gets nothing", () => {
  const soon = () => ({ id: "ann", expiresAt: 1000 });
  const command = { frames: [{ type: "command", id: "1", name: "secret" }] };

  test("under a token that has expired meanwhile", async () => {
    const server = new HttpServer({ authenticate: soon });
    server.writer()(frame(0, added("m")));
    const answer = server.fetch("/channels/c?since=e:1&wait=60000");
    const listening = await listen(server);
    server.clock.advance(1000);
    expect((await answer).status).toBe(401);
    expect((await listening()).status).toBe(401);
  });

  test("for a body that came after it", async () => {
    const server = new HttpServer({ authenticate: soon });
    let body: ReadableStreamDefaultController<Uint8Array> | undefined;
    const stream = new ReadableStream<Uint8Array>({
      start: (controller) => {
        body = controller;
      },
    });
    const asked = { method: "POST", body: stream, duplex: "half" } as RequestInit;
    const answer = server.fetch("/channels/c", asked);
    await settle();
    server.clock.advance(1000);
    body?.enqueue(new TextEncoder().encode(JSON.stringify({ frames: [produce] })));
    body?.close();
    expect((await answer).status).toBe(401);
  });

  test("after its right to write was withdrawn, and its producer is gone", async () => {
    let withdrawn = "";
    const authorize: HttpServerOptions["authorize"] = ({ principal }) => principal.id !== withdrawn;
    const server = new HttpServer({ authenticate: byName(), authorize });
    const listening = await listen(server, as("bob"));
    withdrawn = "bob";
    await server.post(command, "c", as("ann"));
    const answer = await listening();
    expect(answer.status).toBe(403);
    expect(await answer.text()).not.toContain("secret");
    expect(server.channel().isUnused).toBe(false); // the command waits for another one
    server.clock.advance(30_000);
    expect(server.channel().isUnused).toBe(true);
  });
});

test.each(["", "/events"])("a yes of before is asked for again: GET %s", async (leaf) => {
  const asked: ((yes: boolean) => void)[] = [];
  const authorize = () => new Promise<boolean>((resolve) => asked.push(resolve));
  const server = new HttpServer({ authenticate: byName(), authorize });
  const answer = server.fetch(`/channels/c${leaf}`, as("ann"));
  await settle();
  await server.endpoint.reauthorize(() => true); // the right was withdrawn
  asked[0]?.(true);
  await settle();
  asked[1]?.(false);
  expect((await answer).status).toBe(403);
});

test.each([
  ["/channels/c/events?follow=0", {}],
  ["/channels/c", { method: "POST", body: '{"frames":[]}' }],
])("where nothing may be done, nothing is opened: %s", async (path, init) => {
  const server = new HttpServer({ authenticate: byName(), authorize: () => false });
  expect((await server.fetch(path, { ...init, ...as("ann") })).status).toBe(403);
  expect(server.channels.size).toBe(0);
});
