import { type Filter, LIMITS } from "@deltawire/spec";
import { beforeEach, describe, expect, test } from "vitest";
import type { HostedChannel } from "./hosted-channel.js";
import { atOnce } from "./testing/at-once.js";
import { added, append, frame } from "./testing/changes.js";
import { HttpServer } from "./testing/http-server.js";
import { type TestClient, TestServer } from "./testing/pair.js";

const ALERTS: Filter = { kind: "alert" };

/** Writes messages of a kind to a channel, and what is appended to them. */
function writerOf(channel: HostedChannel) {
  const attachment = { fence: () => undefined, lose: () => undefined };
  const { token } = atOnce(channel.attach("w", attachment));
  let seq = 0;
  const write = (...changes: Parameters<typeof frame>[1][]) => {
    atOnce(channel.append("w", token, frame(seq, ...changes)));
    seq += 1;
  };
  return {
    add: (id: string, kind: string) => write(added(id, "", { kind })),
    grow: (id: string, at: number, text: string) => write(append(id, at, text)),
  };
}

describe("subscriptions by a filter", () => {
  let server: TestServer;
  let writer: ReturnType<typeof writerOf>;

  beforeEach(() => {
    server = new TestServer();
    writer = writerOf(server.channel());
  });

  const subscribe = (client: TestClient, request: number, more: object = {}) =>
    client.send({ type: "subscribe", channel: "c", request, ...more });

  test("encode a frame once for each filter, and send it to nobody whom it does not concern", () => {
    const alike = [server.connect(), server.connect(), server.connect("json")];
    const [other, whole] = [server.connect(), server.connect()];
    for (const client of alike) subscribe(client, 1, { filter: ALERTS });
    subscribe(other, 1, { filter: { kind: ["note"], id: "n" } });
    subscribe(whole, 1);
    const all = [...alike, other, whole];
    const counts = all.map(({ messages }) => messages.length);
    writer.add("n", "note");
    writer.add("a", "alert");
    writer.grow("a", 0, "fire");
    const came = all.map(({ messages }, i) => messages.slice(counts[i]));
    expect(came.map(({ length }) => length)).toEqual([2, 2, 2, 1, 3]);
    expect(came[1]?.[0]).toBe(came[0]?.[0]); // the very same bytes
    expect(came[1]?.[1]).toBe(came[0]?.[1]);
    expect(came[0]?.[1]).toHaveLength(2 + 4 + 1); // by ordinal: the hot path stays short
    const [first] = alike[2]?.take().slice(-2) ?? [];
    expect(first).toMatchObject({ type: "changes", from: 0, to: 2 });
  });

  test("take filters for the same whose members stand in another order", () => {
    const [one, two] = [server.connect(), server.connect()];
    subscribe(one, 1, { filter: { kind: "alert", role: ["r"] } });
    subscribe(two, 1, { filter: { role: ["r"], kind: "alert" } });
    const before = [one.messages.length, two.messages.length];
    writer.add("a", "alert");
    expect(one.messages[before[0] ?? 0]).toBe(two.messages[before[1] ?? 0]);
  });

  test("know nothing of a version that was stated with another filter on the connection", () => {
    const client = server.connect("json");
    subscribe(client, 1, { filter: ALERTS });
    writer.add("n", "note");
    writer.add("a", "alert");
    client.take();
    subscribe(client, 2, { epoch: "e", seq: 2, filter: { kind: "note" } });
    expect(client.take()).toMatchObject([
      { type: "subscribed", answer: "snapshot", seq: 2 },
      { type: "snapshot", request: 2, messages: [{ id: "n" }] },
    ]);
  });

  test("are brought to the version that one of them comes back with", () => {
    const [here, back] = [server.connect("json"), server.connect("json")];
    subscribe(here, 1, { filter: ALERTS });
    writer.add("n", "note");
    writer.add("o", "note");
    here.take();
    subscribe(back, 1, { epoch: "e", seq: 1, filter: ALERTS });
    expect(here.take()).toMatchObject([{ type: "changes", from: 0, to: 2, changes: [] }]);
    expect(back.take()).toMatchObject([
      { answer: "changes", seq: 2 },
      { type: "changes", from: 1, to: 2, request: 1, changes: [] },
    ]);
  });

  test("hear of their place every 512 versions, and before the channel falls silent", () => {
    const client = server.connect("json");
    subscribe(client, 1, { filter: ALERTS });
    client.take();
    for (let i = 0; i < 600; i++) writer.add(`n${i}`, "note");
    expect(client.take()).toMatchObject([{ from: 0, to: 512, changes: [] }]);
    server.clock.advance(900);
    expect(client.take()).toEqual([]);
    server.clock.advance(200);
    expect(client.take()).toMatchObject([{ from: 512, to: 600, changes: [] }]);
    server.clock.advance(10_000);
    expect(client.take()).toEqual([]);
    client.session.end();
    server.clock.advance(10_000);
    expect(server.clock.pending).toBe(0);
  });

  test("are bounded by their filters; where one is not followed by any more, there is room", () => {
    const clients = Array.from({ length: LIMITS.max_filters }, (_, i) => {
      const client = server.connect("json");
      subscribe(client, 1, { filter: { kind: `k${i}` } });
      return client;
    });
    const late = server.connect("json");
    subscribe(late, 1, { filter: ALERTS });
    expect(late.take()).toMatchObject([
      { type: "error", code: "overloaded", request: 1, path: "/filter" }, // it is tried again
    ]);
    subscribe(late, 2, { filter: { kind: "k0" } }); // one that is there already
    expect(late.take()).toMatchObject([{ type: "subscribed" }, { type: "snapshot" }]);
    late.send({ type: "unsubscribe", channel: "c" });
    clients[1]?.session.end();
    subscribe(late, 3, { filter: ALERTS });
    expect(late.take()).toMatchObject([{ type: "subscribed" }, { type: "snapshot" }]);
  });

  test("have pages of what matches", () => {
    for (const id of ["a", "b", "c", "d"]) {
      writer.add(id, "alert");
      writer.add(`not ${id}`, "note");
    }
    const client = server.connect("json");
    subscribe(client, 1, { filter: ALERTS, last: 1 });
    expect(client.take()[1]).toMatchObject({ earlier: 3, messages: [{ id: "d" }] });
    client.send({ type: "history", channel: "c", request: 2, before: "d", last: 2 });
    expect(client.take()).toMatchObject([{ earlier: 1, messages: [{ id: "b" }, { id: "c" }] }]);
  });
});

describe("a filter over HTTP", () => {
  const query = `filter=${encodeURIComponent(JSON.stringify(ALERTS))}`;
  let server: HttpServer;
  let writer: ReturnType<typeof writerOf>;

  beforeEach(() => {
    server = new HttpServer();
    writer = writerOf(server.channel());
    writer.add("a", "alert");
    writer.add("n", "note");
  });

  test("is about the view: what it is, what changed, and its pages", async () => {
    const whole = await server.fetch(`/channels/c?${query}`);
    expect(whole.headers.get("etag")).toBe('"e:2"');
    expect(await whole.json()).toMatchObject({ type: "snapshot", messages: [{ id: "a" }] });
    writer.add("b", "alert");
    const news = await server.fetch(`/channels/c?${query}&since=e:1`);
    const changes = [{ type: "message_added", id: "b" }];
    expect(await news.json()).toMatchObject({ from: 1, to: 3, changes });
    const page = await server.fetch(`/channels/c?${query}&before=b`);
    expect((await page.json()).messages.map(({ id }: { id: string }) => id)).toEqual(["a"]);
  });

  test("waits for what matches, whatever else happens", async () => {
    const waiting = server.fetch(`/channels/c?${query}&since=e:1&wait=60000`);
    await new Promise(setImmediate);
    writer.add("o", "note");
    server.clock.advance(2000);
    writer.add("b", "alert");
    const changes = [{ type: "message_added", id: "b" }];
    expect(await (await waiting).json()).toMatchObject({ from: 1, to: 4, changes });
    const nothing = await server.fetch(`/channels/c?${query}&since=e:4`);
    expect(nothing.status).toBe(204);
    writer.add("p", "note");
    expect((await server.fetch(`/channels/c?${query}&since=e:4`)).status).toBe(204);
  });

  test("that is one too many is refused, and nothing of the request is left", async () => {
    const aborts = Array.from({ length: LIMITS.max_filters }, () => new AbortController());
    for (const [i, { signal }] of aborts.entries()) {
      const one = encodeURIComponent(JSON.stringify({ kind: `k${i}` }));
      expect((await server.fetch(`/channels/c/events?filter=${one}`, { signal })).status).toBe(200);
    }
    const { size } = server.endpoint;
    await server.fetch(`/channels/c?${query}`); // what it shows may be read, and is kept for a while
    const pending = server.clock.pending;
    const gone = new AbortController();
    for (const place of ["c/events?", "c?since=e:2&wait=500&"]) {
      const refused = await server.fetch(`/channels/${place}${query}`, { signal: gone.signal });
      expect(refused.status).toBe(503);
    }
    expect([server.endpoint.size, server.clock.pending]).toEqual([size, pending]);
    gone.abort();
    server.clock.advance(60_000);
  });

  test("that is none is refused", async () => {
    for (const wrong of ["{", "1", '{"kinds":"a"}']) {
      const answer = await server.fetch(`/channels/c?filter=${encodeURIComponent(wrong)}`);
      expect(answer.status).toBe(400);
    }
  });
});
