import { setImmediate } from "node:timers/promises";
import type { Frame } from "@deltawire/spec";
import { describe, expect, test, vi } from "vitest";
import type { Principal } from "./access.js";
import { Inbox } from "./inbox.js";
import { added, append, frame } from "./testing/changes.js";
import { TestClient, TestServer } from "./testing/pair.js";

const subscribe = { type: "subscribe", channel: "c", request: 1 } as const;

/** Checks whose answers are given by the test, in the order in which they were asked. */
function startAsking() {
  const server = new TestServer();
  const asked: { readonly what: string; readonly answer: (value: unknown) => void }[] = [];
  const ask = (what: string): Promise<never> =>
    new Promise((resolve) => asked.push({ what, answer: resolve as (value: unknown) => void }));
  server.access = {
    authenticate: ({ token }) => ask(`who is ${token}`),
    authorize: ({ principal, action, channel }) => ask(`${principal.id} ${action} ${channel}`),
    expiresIn: () => undefined,
  };
  const answer = async (value: unknown) => {
    asked.shift()?.answer(value);
    await setImmediate();
  };
  const client = new TestClient(server, "json");
  return { server, client, asked, answer };
}

const types = (frames: readonly Frame[]): string[] => frames.map(({ type }) => type);
const kim: Principal = { id: "kim" };

describe("a check that takes its time", () => {
  test("keeps the frames behind it waiting, in order", async () => {
    const { client, asked, answer } = startAsking();
    client.send(
      { type: "hello", version: 1, token: "t" },
      { type: "ping", id: 1 },
      subscribe,
      { type: "produce", channel: "c", producer: "p" },
      { type: "ping", id: 2 },
    );
    expect(asked.map(({ what }) => what)).toEqual(["who is t"]);
    expect(client.take()).toEqual([]);
    await answer(kim);
    expect(types(client.take())).toEqual(["welcome", "pong"]);
    expect(asked.map(({ what }) => what)).toEqual(["kim subscribe c"]);
    await answer(true);
    expect(types(client.take())).toEqual(["subscribed", "snapshot"]);
    expect(asked.map(({ what }) => what)).toEqual(["kim produce c"]);
    await answer(true);
    expect(types(client.take())).toEqual(["producing", "pong"]);
  });

  test("and says no: an error, and what is behind it goes on", async () => {
    const { client, answer } = startAsking();
    client.send({ type: "hello", version: 1 }, subscribe, { type: "ping" });
    await answer(kim);
    await answer(false);
    expect(client.take()).toMatchObject([
      { type: "welcome" },
      { type: "error", code: "forbidden", channel: "c", request: 1 },
      { type: "pong" },
    ]);
  });

  test("of nobody: an error, and the end", async () => {
    const { client, answer } = startAsking();
    client.send({ type: "hello", version: 1 }, { type: "ping" });
    await answer(undefined);
    expect(client.take()).toMatchObject([{ type: "error", code: "unauthorized" }]);
    expect(client.closed?.code).toBe(4401);
  });

  test("counts for nothing once the connection is gone", async () => {
    const { server, client, answer } = startAsking();
    client.send({ type: "hello", version: 1 }, subscribe);
    await answer(kim);
    client.session.end();
    await answer(true);
    expect([...server.channel().subscriptions]).toEqual([]);
  });

  test("is not made for changes, nor in a turn of its own where it is known at once", () => {
    const server = new TestServer();
    const authorize = vi.fn(() => true);
    server.access = { authenticate: () => kim, authorize, expiresIn: () => 60_000 };
    const client = new TestClient(server, "json");
    client.send({ type: "hello", version: 1 }, { type: "produce", channel: "c", producer: "p" });
    expect(client.take()).toMatchObject([
      { type: "welcome", expires_in: 60_000 },
      { type: "producing" },
    ]);
    client.send(frame(0, added("m")), frame(1, append("m", 0, "x")));
    expect(server.channel().state.message("m")?.text).toBe("x");
    expect(authorize).toHaveBeenCalledOnce();
  });

  test("that fails is a defect, told to both sides", async () => {
    const server = new TestServer();
    const broken = new Error("broken");
    server.access = {
      authenticate: () => kim,
      authorize: () => Promise.reject(broken),
      expiresIn: () => undefined,
    };
    const client = server.connect("json");
    client.send(subscribe, { type: "ping" });
    await vi.waitFor(() => expect(server.defects).toEqual([broken]));
    expect(client.take()).toMatchObject([{ type: "error", code: "internal" }, { type: "pong" }]);
  });
});

describe("an inbox", () => {
  function startInbox() {
    const taken: string[] = [];
    const open: (() => void)[] = [];
    const handler = {
      take: (message: string | Uint8Array) => {
        taken.push(String(message).slice(0, 10));
        return message === "wait" ? new Promise<void>((resolve) => open.push(resolve)) : undefined;
      },
      transport: { pause: vi.fn(), resume: vi.fn() },
      overflow: vi.fn(),
    };
    return { inbox: new Inbox(handler), handler, taken, open };
  }

  test("is bounded: the connection is paused, and goes on", async () => {
    const { inbox, handler, taken, open } = startInbox();
    inbox.receive("wait");
    for (let i = 0; i < 64; i++) inbox.receive("x");
    expect(handler.transport.pause).not.toHaveBeenCalled();
    inbox.receive("x");
    inbox.receive("wait");
    inbox.receive("last");
    expect(handler.transport.pause).toHaveBeenCalledOnce();
    open.shift()?.();
    await vi.waitFor(() => expect(open).toHaveLength(1));
    expect(handler.transport.resume).not.toHaveBeenCalled(); // it waits again
    open.shift()?.();
    await vi.waitFor(() => expect(handler.transport.resume).toHaveBeenCalledOnce());
    expect(taken).toHaveLength(68);
    expect(taken.at(-1)).toBe("last");
  });

  test("takes one large message, and not very many small ones", () => {
    const { inbox, handler } = startInbox();
    inbox.receive("wait");
    inbox.receive("x".repeat(16 << 20));
    expect(handler.transport.pause).toHaveBeenCalledOnce();
    expect(handler.overflow).not.toHaveBeenCalled();
    for (let i = 0; i < 2000; i++) inbox.receive("x");
    expect(handler.overflow).toHaveBeenCalled();
  });
});
