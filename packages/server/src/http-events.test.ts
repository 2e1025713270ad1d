import { apply, type ChannelState, SnapshotAssembly } from "@deltawire/protocol";
import { describe, expect, test } from "vitest";
import type { Principal } from "./access.js";
import { atOnce } from "./testing/at-once.js";
import { added, append, frame } from "./testing/changes.js";
import { HttpServer } from "./testing/http-server.js";

const settle = () => new Promise<void>((resolve) => setImmediate(resolve));

/** A server with message "m", "Hello", in channel "c". */
function start(...options: ConstructorParameters<typeof HttpServer>): {
  server: HttpServer;
  write: ReturnType<HttpServer["writer"]>;
} {
  const server = new HttpServer(...options);
  const write = server.writer();
  write(frame(0, added("m", "Hello")));
  return { server, write };
}

describe("events", () => {
  test("are what a WebSocket would bring, each with the version that it ends at", async () => {
    const { server, write } = start();
    const events = await server.events("/channels/c/events?request=3");
    const { headers, status } = events.response;
    expect(status).toBe(200);
    expect(headers.get("content-type")).toBe("text/event-stream; charset=utf-8");
    expect(headers.get("cache-control")).toBe("no-store, no-transform");
    expect(await events.next()).toMatchObject({ id: "", data: expect.stringMatching(/"welcome"/) });
    expect(await events.next()).toMatchObject({
      id: "",
      data: expect.stringMatching(/"subscribed".*"request":3/),
    });
    expect(await events.next()).toMatchObject({
      id: "e:1",
      data: expect.stringMatching(/"snapshot".*"request":3/),
    });
    write(frame(1, append("m", 5, " 😀\n\r\u2028")));
    const event = await events.next();
    expect(event).toMatchObject({ type: "message", id: "e:2" });
    expect(JSON.parse(event?.data ?? "")).toEqual(frame(1, append("m", 5, " 😀\n\r\u2028")));
    expect(events.retry).toBeGreaterThanOrEqual(1000);
    expect(events.retry).toBeLessThanOrEqual(5000);
  });

  test("are counted as what channels have sent, the same in full", async () => {
    const { server, write } = start();
    const events = await server.events();
    for (let i = 0; i < 3; i++) await events.next();
    server.statistics.reset();
    write(frame(1, append("m", 5, "!")));
    const length = (await events.next())?.data.length ?? 0;
    const behind = { consumers: 0, versions: 0 };
    const filtered = { subscriptions: 0, filters: 0 };
    const now = { channels: 1, behind, filtered, on_demand: { loading: 0, kept: 0 } };
    const { bytes, payload } = server.statistics.report(now);
    expect(bytes.out).toBeGreaterThan(length);
    expect(payload).toEqual({ original: bytes.out, sent: bytes.out, reduction: 1, compressed: 0 });
  });

  test.each([
    ["?since=e:1", {}, "changes"],
    ["?since=e:0", { "last-event-id": "e:1" }, "changes"],
    ["", { "last-event-id": "e:2" }, "current"],
    ["", { "last-event-id": "f:2" }, "snapshot"],
    ["?since=e:9", {}, "snapshot"],
    ["", {}, "snapshot"],
  ])("%s %j go on by %s", async (query, headers, answer) => {
    const { server, write } = start();
    write(frame(1, append("m", 5, "!")));
    const events = await server.events(`/channels/c/events${query}`, { headers });
    await events.frame();
    const subscribed = await events.next();
    expect(JSON.parse(subscribed?.data ?? "")).toMatchObject({ answer, seq: 2, request: 0 });
    expect(subscribed?.id).toBe(answer === "current" ? "e:2" : "");
    if (answer !== "current") {
      const next = await events.next();
      expect(JSON.parse(next?.data ?? "").type).toBe(answer);
      expect(next?.id).toBe("e:2");
    }
    write(frame(2, append("m", 6, "?")));
    expect(await events.next()).toMatchObject({ id: "e:3" });
  });

  test("of a large state come in pieces, and only the last one has an id", async () => {
    const { server, write } = start();
    write(frame(1, added("l", "x".repeat(100_000))));
    const events = await server.events();
    const snapshots = [];
    for (let id = ""; id === ""; ) {
      const event = await events.next();
      const parsed = JSON.parse(event?.data ?? "");
      if (parsed.type === "snapshot") snapshots.push(parsed);
      id = event?.id ?? "";
    }
    expect(snapshots.length).toBeGreaterThan(3);
    expect(snapshots.map(({ more }) => more)).toEqual([
      ...Array.from({ length: snapshots.length - 1 }, () => true),
      undefined,
    ]);
  });

  test("of the last messages only", async () => {
    const { server, write } = start();
    write(frame(1, added("n")));
    const events = await server.events("/channels/c/events?last=1");
    let snapshot = await events.frame();
    while (snapshot.type !== "snapshot") snapshot = await events.frame();
    expect(snapshot).toMatchObject({ earlier: 1, messages: [{ id: "n" }] });
  });

  test("begin and go on with a comment every 15 s", async () => {
    const { server, write } = start();
    const events = await server.events();
    await events.frames(3);
    server.clock.advance(15_000);
    server.clock.advance(15_000);
    write(frame(1, append("m", 5, "!")));
    for (let next = await events.frame(); next.type !== "changes"; next = await events.frame());
    expect(events.comments).toBe(2);
  });

  test("leave nothing behind when nobody reads them any more", async () => {
    const { server } = start({ quotas: { connections: 1 } });
    const events = await server.events();
    await events.frames(3);
    expect((await server.fetch("/channels/c/events")).status).toBe(503);
    await events.cancel();
    expect([...server.channel().subscriptions]).toEqual([]);
    server.clock.advance(1000); // a checkpoint
    expect(server.clock.pending).toBe(0);
    expect((await server.fetch("/channels/c/events")).status).toBe(200);
  });
});

test("a slow reader gets what it has missed as one, and nothing waits for it", async () => {
  const { server, write } = start();
  const events = await server.events();
  await events.frames(2);
  const assembly = new SnapshotAssembly();
  let state: ChannelState | undefined;
  const read = async () => {
    const next = await events.frame();
    if (next.type === "snapshot") state = assembly.add(next) ?? state;
    if (next.type === "changes" && state) state = apply(state, next);
    return next.type;
  };
  await read();
  for (let i = 0; i < 1000; i++) write(frame(1 + i, append("m", 5 + 100 * i, "x".repeat(100))));
  let count = 0;
  for (; state?.seq !== 1001; count++) await read();
  expect(count).toBeLessThan(100); // 16 KiB of live ones, and what brings it to the present
  expect(state.message("m")?.text).toBe(`Hello${"x".repeat(100_000)}`);
});

describe("the end", () => {
  test("of a server comes with a goodbye, and says when to come back", async () => {
    const { server } = start();
    const events = await server.events();
    await events.frames(3);
    server.endpoint.close("deploy", 5000);
    const [goodbye, close] = await events.rest();
    const { retry_after, ...said } = JSON.parse(goodbye?.data ?? "");
    expect(said).toEqual({ type: "goodbye", reason: "deploy" });
    expect(events.retry).toBe(retry_after);
    expect(close).toMatchObject({ type: "close", data: '{"code":1001,"reason":"deploy"}' });
    server.clock.advance(1000); // a checkpoint
    expect(server.clock.pending).toBe(0);
  });

  test("comes when the token has expired", async () => {
    const principal: Principal = { id: "ann", expiresAt: 60_000 };
    const { server } = start({ authenticate: () => principal });
    const events = await server.events();
    expect(await events.frame()).toMatchObject({ type: "welcome", expires_in: 60_000 });
    server.clock.advance(59_999);
    expect([...server.channel().subscriptions]).toHaveLength(1);
    server.clock.advance(1);
    const [error, close] = (await events.rest()).slice(-2);
    expect(JSON.parse(error?.data ?? "")).toMatchObject({ type: "error", code: "unauthorized" });
    expect(JSON.parse(close?.data ?? "")).toMatchObject({ code: 4401 });
    expect([...server.channel().subscriptions]).toEqual([]);
  });

  test("does not come early for a token that is good for months", async () => {
    const months = 2 ** 33;
    const { server } = start({ authenticate: () => ({ id: "ann", expiresAt: months }) });
    const events = await server.events();
    await events.frames(3);
    for (let at = 0; at < months - 1; at += 2 ** 30) server.clock.advance(2 ** 30 - 1);
    expect([...server.channel().subscriptions]).toHaveLength(1);
    server.clock.advance(2 ** 30);
    expect([...server.channel().subscriptions]).toEqual([]);
  });

  test("comes with forbidden where the right is withdrawn, and for nobody else", async () => {
    const allowed = new Set(["ann", "bob"]);
    const { server, write } = start({
      authenticate: ({ token = "" }) => ({ id: token }),
      authorize: async ({ principal }) => allowed.has(principal.id),
    });
    const headers = (token: string) => ({ headers: { authorization: `Bearer ${token}` } });
    const ann = await server.events("/channels/c/events?request=4", headers("ann"));
    const bob = await server.events("/channels/c/events", headers("bob"));
    allowed.delete("ann");
    await server.endpoint.reauthorize((_principal, channel) => channel === "another");
    expect([...server.channel().subscriptions]).toHaveLength(2);
    await server.endpoint.reauthorize(({ id }) => id === "ann");
    write(frame(1, append("m", 5, " secret")));
    const told = await ann.rest();
    expect(JSON.parse(told.at(-2)?.data ?? "")).toMatchObject({
      type: "error",
      code: "forbidden",
      channel: "c",
      request: 4,
    });
    expect(told.at(-1)).toMatchObject({ type: "close" });
    expect(JSON.stringify(told)).not.toContain("secret");
    const frames = await bob.frames(4);
    expect(frames.at(-1)).toMatchObject({ type: "changes", to: 2 });
  });
});

test("a right that is withdrawn while a reader is slow shows it nothing more", async () => {
  let mayRead = true;
  const { server, write } = start({
    authorize: ({ action }) => mayRead || action !== "subscribe",
  });
  const { frames } = await server.post({ frames: [{ type: "produce", producer: "p" }] });
  const token = frames[0]?.type === "producing" ? frames[0].token : 0;
  const events = await server.events(`/channels/c/events?producer=p&token=${token}`);
  await events.frames(3);
  for (let i = 0; i < 20; i++) write(frame(1 + i, append("m", 5 + 5000 * i, "x".repeat(5000))));
  mayRead = false;
  await server.endpoint.reauthorize(() => true);
  atOnce(server.channel().attach("p", { fence() {}, lose() {} })); // the producer's part of the stream goes on
  const read: string[] = [];
  while (!read.at(-1)?.includes("fenced")) read.push((await events.next())?.data ?? "");
  await settle();
  server.endpoint.close("the end", 1);
  read.push(...(await events.rest()).map(({ data }) => data));
  const told = read.slice(read.findIndex((data) => data.includes("forbidden")));
  expect(told.map((data) => JSON.parse(data))).toMatchObject([
    { type: "error", code: "forbidden" },
    { type: "error", code: "fenced" },
    { type: "goodbye" },
    { code: 1001 },
  ]);
});

describe("a ticket", () => {
  const authenticate = ({ token }: { token?: string }) =>
    token === "good" ? { id: "ann" } : undefined;
  const headers = { authorization: "Bearer good" };

  test("stands in for the token, once", async () => {
    const { server } = start({ authenticate });
    const issued = await server.fetch("/tickets", { method: "POST", headers });
    expect(issued.status).toBe(201);
    const { ticket, expires_in } = await issued.json();
    expect(expires_in).toBe(30_000);
    expect(ticket).toMatch(/^[0-9a-f]{48}$/);
    const path = `/channels/c/events?ticket=${ticket}`;
    expect((await server.fetch(path)).status).toBe(200);
    expect((await server.fetch(path)).status).toBe(401);
  });

  test("is good for events only, for 30 s, and for nobody without a token", async () => {
    const { server } = start({ authenticate });
    expect((await server.fetch("/tickets", { method: "POST" })).status).toBe(401);
    const issue = async () =>
      (await (await server.fetch("/tickets", { method: "POST", headers })).json()).ticket;
    expect((await server.fetch(`/channels/c?ticket=${await issue()}`)).status).toBe(401);
    const late = await issue();
    server.clock.advance(30_000);
    expect((await server.fetch(`/channels/c/events?ticket=${late}`)).status).toBe(401);
  });

  test("does not outlive what it stands for", async () => {
    const expiring = () => ({ id: "ann", expiresAt: 10_000 });
    const { server } = start({ authenticate: expiring });
    const { ticket } = await (await server.fetch("/tickets", { method: "POST" })).json();
    server.clock.advance(10_000);
    expect((await server.fetch(`/channels/c/events?ticket=${ticket}`)).status).toBe(401);
  });
});

test.each(["?since=x", "?last=0", "?request=x", "?producer=p", "?producer=p&token=x"])(
  "%s makes no sense, and nothing is left of it",
  async (query) => {
    const { server } = start();
    const answer = await server.fetch(`/channels/c/events${query}`);
    expect(answer.status).toBe(400);
    expect(await answer.json()).toMatchObject({ error: { code: "malformed" } });
    await settle();
    expect([...server.channel().subscriptions]).toEqual([]);
  },
);
