import { LIMITS } from "@deltawire/spec";
import { beforeEach, describe, expect, test } from "vitest";
import { added, append, frame } from "./testing/changes.js";
import { HttpServer } from "./testing/http-server.js";

let server: HttpServer;
let write: ReturnType<HttpServer["writer"]>;

beforeEach(() => {
  server = new HttpServer();
  write = server.writer();
  write(frame(0, added("m", "Hello")));
});

const etag = (answer: Response) => answer.headers.get("etag");
const message = (id: string, text: string) => ({
  id,
  generation: 0,
  role: "r",
  origin: "w",
  status: "streaming",
  parts: [{ id: "text", kind: "text", text }],
});
const head = { type: "snapshot", channel: "c", request: 0, epoch: "e" };

describe("a channel as it is", () => {
  test("is one snapshot frame, with its version", async () => {
    const answer = await server.fetch("/channels/c");
    expect(answer.status).toBe(200);
    expect(etag(answer)).toBe('"e:1"');
    expect(answer.headers.get("content-type")).toBe("application/json; charset=utf-8");
    expect(answer.headers.get("cache-control")).toBe("private, no-cache");
    expect(await answer.json()).toEqual({ ...head, seq: 1, messages: [message("m", "Hello")] });
  });

  test.each([
    ["?since=e:2&wait=60000", {}, 204],
    ["?wait=60000", { "if-none-match": '"e:2"' }, 304],
    ["?since=e:2&wait=60000&filter=%7B%7D", {}, 204],
  ])("that has ended is not waited for: %s", async (query, headers, status) => {
    write(frame(1, { type: "channel_closed" }));
    const before = server.clock.pending;
    expect((await server.fetch(`/channels/c${query}`, { headers })).status).toBe(status);
    expect(server.clock.now()).toBe(0);
    expect(server.clock.pending - before).toBeLessThanOrEqual(1); // the view is kept for a while
  });

  test("is empty where nobody has written", async () => {
    const answer = await server.fetch("/channels/a%2Fb%20%F0%9F%98%80");
    expect(await answer.json()).toEqual({ ...head, channel: "a/b 😀", seq: 0, messages: [] });
  });

  test("may be had of the last messages only", async () => {
    write(frame(1, added("n", "x")), frame(2, added("o", "y")));
    const answer = await server.fetch("/channels/c?last=2");
    const messages = [message("n", "x"), message("o", "y")];
    expect(await answer.json()).toEqual({ ...head, seq: 3, earlier: 1, messages });
  });

  test("and those before them, in pages", async () => {
    write(frame(1, added("n", "x")), frame(2, added("o", "y")));
    const answer = await server.fetch("/channels/c?before=o&last=1");
    const page = { ...head, type: "history_page", seq: 3, earlier: 1 };
    expect(await answer.json()).toEqual({ ...page, messages: [message("n", "x")] });
    expect(etag(answer)).toBeNull();
    const unknown = await server.fetch("/channels/c?before=z");
    expect(unknown.status).toBe(409);
    expect(await unknown.json()).toMatchObject({ error: { code: "unknown_message" } });
  });

  test("is one frame however large; past what a frame may be it is refused", async () => {
    const large = "é".repeat(3_000_000);
    write(frame(1, added("l", large)));
    const answer = await server.fetch("/channels/c");
    expect((await answer.json()).messages[1].parts[0].text).toBe(large);
    write(frame(2, added("l2", large)), frame(3, added("l3", large)));
    const refused = await server.fetch("/channels/c");
    expect(refused.status).toBe(413);
    const { error } = await refused.json();
    expect(error).toMatchObject({ code: "limit_exceeded" });
    expect(error.message).toContain(`max_frame_bytes (${LIMITS.max_frame_bytes})`);
    expect((await server.fetch("/channels/c?last=1")).status).toBe(200);
  });
});

describe("what is known already", () => {
  test.each([
    ["?since=e:1", {}, 204],
    ["", { "if-none-match": '"e:1"' }, 304],
    ["", { "if-none-match": 'W/"e:1", "e:7"' }, 304],
    ["?since=e:1", { "if-none-match": '"e:1"' }, 304],
    ["", { "if-none-match": '"e:0"' }, 200],
    ["?since=f:1", {}, 200],
    ["?since=e:7", {}, 200],
  ])("%s %j: %i", async (query, headers, status) => {
    const answer = await server.fetch(`/channels/c${query}`, { headers });
    expect(answer.status).toBe(status);
    expect(etag(answer)).toBe('"e:1"');
    if (status !== 200) expect(await answer.text()).toBe("");
    else expect(await answer.json()).toMatchObject({ type: "snapshot", seq: 1 });
  });

  test("makes the answer what has changed since, composed", async () => {
    write(frame(1, append("m", 5, " wor")), frame(2, append("m", 9, "ld")));
    const answer = await server.fetch("/channels/c?since=e:1");
    expect(etag(answer)).toBe('"e:3"');
    const changes = [append("m", 5, " world")];
    const expected = { type: "changes", channel: "c", from: 1, to: 3, request: 0, changes };
    expect(await answer.json()).toEqual(expected);
  });
});

describe("waiting", () => {
  /** A request that waits, and what became of it. */
  function waiting(query: string, init: RequestInit = {}): { answers: Response[] } {
    const answers: Response[] = [];
    void server.fetch(`/channels/c${query}`, init).then((answer) => answers.push(answer));
    return { answers };
  }
  const settle = () => new Promise<void>((resolve) => setImmediate(resolve));

  test.each([
    ["?since=e:1&wait=30000", {}, 204],
    ["?wait=30000", { "if-none-match": '"e:1"' }, 304],
    ["?since=e:1&wait=3000000", {}, 204],
  ])("%s %j ends with %i where nothing comes", async (query, headers, status) => {
    const { answers } = waiting(query, { headers });
    await settle();
    server.clock.advance(29_999);
    await settle();
    expect(answers).toEqual([]);
    server.clock.advance(30_001);
    await settle();
    expect(answers[0]?.status).toBe(status);
    expect([...server.channel().subscriptions]).toEqual([]);
    server.clock.advance(60_000);
    expect(server.clock.pending).toBe(0);
  });

  test("ends with what comes, all that comes at once", async () => {
    const { answers } = waiting("?since=e:1&wait=30000");
    await settle();
    write(frame(1, append("m", 5, "!")), frame(2, append("m", 6, "?")));
    await settle();
    const changes = [append("m", 5, "!?")];
    expect(await answers[0]?.json()).toMatchObject({ from: 1, to: 3, changes });
    expect([...server.channel().subscriptions]).toEqual([]);
  });

  test("does not wait where there is something already, or nothing is known", async () => {
    for (const query of ["?since=e:0&wait=30000", "?wait=30000"]) {
      expect((await server.fetch(`/channels/c${query}`)).status).toBe(200);
    }
  });

  test("ends where nobody waits any more", async () => {
    const gone = new AbortController();
    const { answers } = waiting("?since=e:1&wait=30000", { signal: gone.signal });
    await settle();
    expect([...server.channel().subscriptions]).toHaveLength(1);
    gone.abort();
    await settle();
    expect(answers).toHaveLength(1);
    expect([...server.channel().subscriptions]).toEqual([]);
  });

  test("ends without a word of the channel where the right was withdrawn meanwhile", async () => {
    let allowed = true;
    server = new HttpServer({ authorize: () => allowed });
    write = server.writer();
    write(frame(0, added("m", "Hello")));
    const { answers } = waiting("?since=e:1&wait=30000");
    await settle();
    allowed = false;
    write(frame(1, append("m", 5, " secret")));
    await settle();
    expect(answers[0]?.status).toBe(403);
    expect(await answers[0]?.text()).not.toContain("secret");
  });
});

test.each([
  ["?since=e", "since"],
  ["?since=", "since"],
  ["?last=0", "last"],
  ["?last=-1", "last"],
  ["?last=1e3", "last"],
  ["?wait=x&since=e:1", "wait"],
  ["?before=m&last=x", "last"],
])("%s makes no sense: %s", async (query, name) => {
  const answer = await server.fetch(`/channels/c${query}`);
  expect(answer.status).toBe(400);
  const { error } = await answer.json();
  expect(error.code).toBe("malformed");
  expect(error.message).toMatch(new RegExp(`^${name} `));
});

test("a large answer that nobody reads is given up after 30 s, and its place is free", async () => {
  server = new HttpServer({ quotas: { connections: 1 } });
  server.writer()(frame(0, added("m", "x".repeat(300_000))));
  const answer = await server.fetch("/channels/c");
  const reader = answer.body?.getReader();
  await reader?.read();
  expect((await server.fetch("/channels/c")).status).toBe(503);
  server.clock.advance(30_000);
  await expect(
    (async () => {
      for (;;) if ((await reader?.read())?.done) return;
    })(),
  ).rejects.toThrow(/30000 ms/);
  expect((await server.fetch("/channels/c")).status).toBe(200);
});

test("a large answer that is not read to its end frees its place", async () => {
  server = new HttpServer({ quotas: { connections: 1 } });
  server.writer()(frame(0, added("m", "x".repeat(300_000))));
  const answer = await server.fetch("/channels/c");
  await answer.body?.cancel();
  expect((await server.fetch("/channels/c")).status).toBe(200);
});
