import { describe, expect, test } from "vitest";
import { HttpEndpoint } from "./http.js";
import { added, frame } from "./testing/changes.js";
import { byName, HttpServer } from "./testing/http-server.js";

const app = "https://app.example.com";

describe("paths", () => {
  test.each([
    ["GET", "/channels/c", 200, null],
    ["GET", "/channels/c/events", 200, null],
    ["POST", "/tickets", 201, null],
    ["POST", "/channels/c/events", 405, "GET, OPTIONS"],
    ["PUT", "/channels/c", 405, "GET, POST, OPTIONS"],
    ["GET", "/tickets", 405, "POST, OPTIONS"],
    ["GET", "", 426, null],
    ["GET", "/", 426, null],
    ["GET", "/channels", 404, null],
    ["GET", "/channels/", 404, null],
    ["GET", "/channels/c/other", 404, null],
    ["GET", "/channels/c/events/x", 404, null],
    ["GET", "/channels/%E4", 404, null],
    ["GET", "/tickets/x", 404, null],
    ["GET", "/other", 404, null],
    ["GET", `/channels/c?${"x".repeat(8192)}`, 414, null],
  ])("%s %s: %i", async (method, path, status, allow) => {
    const server = new HttpServer();
    const answer = await server.fetch(path, { method });
    expect(answer.status).toBe(status);
    expect(answer.headers.get("allow")).toBe(allow);
    if (status >= 400) {
      const { error } = await answer.json();
      expect(error).toEqual({
        code: expect.any(String),
        message: expect.stringMatching(/\w+ \w+/),
      });
      expect(server.channels.size).toBe(0);
    } else await answer.body?.cancel();
    expect(server.defects).toEqual([]);
  });

  test("are those of the base, and no others", () => {
    const { endpoint } = new HttpServer();
    expect(["/wire", "/wire/x"].map((path) => endpoint.owns(path))).toEqual([true, true]);
    expect(["/", "/wires", "/x/wire"].map((path) => endpoint.owns(path))).toEqual([
      false,
      false,
      false,
    ]);
  });

  test("may be at the root", async () => {
    const server = new HttpServer();
    const options = { path: "/", entrance: { refusal: () => undefined } };
    const host = { ...server, open: () => server.channel(), report: () => undefined };
    const endpoint = new HttpEndpoint(
      { ...host, access: server.access, warn: () => undefined },
      options as never,
    );
    const answer = await endpoint.fetch(new Request("http://localhost/channels/c"));
    expect(answer.status).toBe(200);
  });
});

describe("who is asked", () => {
  test.each<[string, Record<string, string>, number]>([
    ["nothing", {}, 401],
    ["a token that is not valid", { authorization: "Bearer nobody" }, 401],
    ["a token", { authorization: "Bearer ann" }, 200],
    ["a cookie", { cookie: "deltawire_token=ann" }, 200],
  ])("with %s", async (_what, headers, status) => {
    const server = new HttpServer({ authenticate: byName() });
    const answer = await server.fetch("/channels/c", { headers });
    expect(answer.status).toBe(status);
    expect(answer.headers.get("www-authenticate")).toBe(status === 401 ? "Bearer" : null);
    expect(server.channels.size).toBe(status === 200 ? 1 : 0);
  });

  test("is told nothing of a channel that is not theirs", async () => {
    const authorize = ({ channel }: { channel: string }) => channel === "mine";
    const server = new HttpServer({ authenticate: byName(), authorize });
    server.writer("theirs")(frame(0, added("m", "secret")));
    const headers = { authorization: "Bearer ann" };
    const answers = await Promise.all(
      ["theirs", "not-there"].flatMap((name) => [
        server.fetch(`/channels/${name}`, { headers }),
        server.fetch(`/channels/${name}/events`, { headers }),
        server.fetch(`/channels/${name}?before=m`, { headers }),
        server.fetch(`/channels/${name}?since=e:0&wait=9`, { headers }),
      ]),
    );
    const bodies = await Promise.all(answers.map((answer) => answer.text()));
    expect(answers.map(({ status }) => status)).toEqual(Array(8).fill(403));
    expect(new Set(bodies).size).toBe(1);
    expect(server.channels.has("not-there")).toBe(false);
  });

  test("and the check fails: 401, 403, and a defect", async () => {
    const fail = () => expect.fail("on purpose");
    const server = new HttpServer({ authenticate: fail });
    expect((await server.fetch("/channels/c")).status).toBe(401);
    const other = new HttpServer({ authorize: fail });
    expect((await other.fetch("/channels/c")).status).toBe(403);
    expect([server, other].map(({ defects }) => defects.length)).toEqual([1, 1]);
  });
});

describe("pages", () => {
  const server = () => new HttpServer({ origins: [app] });

  test.each([
    [app, 200, app],
    ["http://localhost", 200, "http://localhost"],
    ["https://evil.test", 403, null],
    ["null", 403, null],
  ])("of %s: %i", async (origin, status, allowed) => {
    for (const path of ["/channels/c", "/channels/c/events"]) {
      const answer = await server().fetch(path, { headers: { origin } });
      await answer.body?.cancel();
      expect(answer.status).toBe(status);
      expect(answer.headers.get("access-control-allow-origin")).toBe(allowed);
      if (status === 200) expect(answer.headers.get("vary")).toContain("Origin");
    }
  });

  test("ask before they send what they may not send unasked", async () => {
    const preflight = { method: "OPTIONS", headers: { origin: app } };
    const { status, headers } = await server().fetch("/channels/c", preflight);
    expect(status).toBe(204);
    expect(Object.fromEntries(headers)).toMatchObject({
      "access-control-allow-origin": app,
      "access-control-allow-credentials": "true",
      "access-control-allow-methods": "GET, POST",
      "access-control-allow-headers": expect.stringContaining("authorization"),
    });
    const evil = { method: "OPTIONS", headers: { origin: "https://evil.test" } };
    expect((await server().fetch("/channels/c", evil)).status).toBe(403);
  });

  test("read errors too, if they may read at all", async () => {
    const answer = await server().fetch("/other", { headers: { origin: app } });
    expect(answer.headers.get("access-control-allow-origin")).toBe(app);
  });

  test("of elsewhere cannot embed an answer", async () => {
    const { headers } = await server().fetch("/channels/c");
    expect(headers.get("x-content-type-options")).toBe("nosniff");
    expect(headers.get("cross-origin-resource-policy")).toBe("same-origin");
    expect(headers.get("access-control-allow-origin")).toBeNull();
  });
});

describe("limits", () => {
  const headers = (token: string) => ({ headers: { authorization: `Bearer ${token}` } });

  test("of streams and requests at a time, of one principal and in all", async () => {
    const quotas = { connections: 3, connectionsPerPrincipal: 2 };
    const server = new HttpServer({ authenticate: byName(), quotas });
    const open = (token: string) => server.events("/channels/c/events", headers(token));
    const [first] = [await open("ann"), await open("ann")];
    const third = await server.fetch("/channels/c/events", headers("ann"));
    expect(third.status).toBe(429);
    expect(third.headers.get("retry-after")).toBe("1");
    expect(await third.json()).toMatchObject({ error: { code: "overloaded" } });
    await open("bob");
    expect((await server.fetch("/channels/c", headers("bob"))).status).toBe(503);
    await first?.cancel();
    expect((await server.fetch("/channels/c", headers("bob"))).status).toBe(200);
  });

  test("of requests and frames a second", async () => {
    const server = new HttpServer({ authenticate: byName(), quotas: { framesPerSecond: 5 } });
    const ask = (token: string) => server.fetch("/channels/c", headers(token));
    for (let i = 0; i < 5; i++) expect((await ask("ann")).status).toBe(200);
    expect((await ask("ann")).status).toBe(429);
    expect((await ask("bob")).status).toBe(200);
    server.clock.advance(1000);
    expect((await ask("ann")).status).toBe(200);
    const body = { frames: Array(20).fill({ type: "history", request: 1, before: "m", last: 1 }) };
    await server.post(body, "c", headers("carl"));
    const refused = await ask("carl");
    expect(refused.status).toBe(429);
    expect(refused.headers.get("retry-after")).toBe("4");
  });

  test("of bytes a second", async () => {
    const server = new HttpServer({ authenticate: byName(), quotas: { bytesPerSecond: 100 } });
    const body = { padding: "x".repeat(300), frames: [] };
    expect((await server.post(body, "c", headers("ann"))).status).toBe(200);
    expect((await server.fetch("/channels/c", headers("ann"))).status).toBe(429);
    server.clock.advance(3000);
    expect((await server.fetch("/channels/c", headers("ann"))).status).toBe(200);
  });
});

test("a defect of the server is told to both sides, and nothing else breaks", async () => {
  const server = new HttpServer();
  server.channel = () => expect.fail("on purpose");
  const answer = await server.fetch("/channels/c");
  expect(answer.status).toBe(500);
  expect(await answer.json()).toEqual({
    error: { code: "internal", message: "the server failed on this" },
  });
  expect(server.defects).toHaveLength(1);
});

test("after the end everybody is told to come back to the next server, spread out", async () => {
  const server = new HttpServer({ origins: [app] });
  server.endpoint.close("deploy", 60_000);
  const waits = new Set<number>();
  for (let i = 0; i < 20; i++) {
    const answer = await server.fetch("/channels/c/events", { headers: { origin: app } });
    expect(answer.status).toBe(503);
    expect(await answer.json()).toEqual({ error: { code: "going_away", message: "deploy" } });
    expect(answer.headers.get("access-control-allow-origin")).toBe(app);
    waits.add(Number(answer.headers.get("retry-after")));
  }
  expect(waits.size).toBeGreaterThan(5);
  expect(Math.max(...waits)).toBeLessThanOrEqual(60);
  expect(server.channels.size).toBe(0);
});
