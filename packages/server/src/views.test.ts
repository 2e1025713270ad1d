import { type Filter, LIMITS } from "@deltawire/spec";
import { beforeEach, describe, expect, test } from "vitest";
import { HostedChannels } from "./hosted-channels.js";
import { Statistics } from "./statistics.js";
import { AskingServer, exchange } from "./testing/asking-server.js";
import { atOnce } from "./testing/at-once.js";
import { added, frame } from "./testing/changes.js";
import { byName, HttpServer } from "./testing/http-server.js";
import { type TestClient, TestServer } from "./testing/pair.js";
import { TestConsumer } from "./testing/test-consumer.js";

const subscribe = (client: TestClient, filter: Filter, more: object = {}) => {
  client.send({ type: "subscribe", channel: "c", request: 1, filter, ...more });
  return client.take();
};

const kind = (i: number): Filter => ({ kind: `k${i}` });

describe("a principal", () => {
  test("follows a channel by a few filters, over all its connections; others by theirs", async () => {
    const asking = new AskingServer();
    asking.server.limits = undefined;
    const follow = (client: TestClient, filter: Filter) =>
      exchange(client, { type: "subscribe", channel: "c", request: 1, filter });
    const ann: TestClient[] = [];
    for (let i = 0; i < LIMITS.max_filters_each; i++) {
      const client = await asking.connect("ann");
      expect(await follow(client, kind(i))).toHaveLength(2);
      ann.push(client);
    }
    const late = await asking.connect("ann");
    const bob = await asking.connect("bob");
    const refused = [{ type: "error", code: "limit_exceeded", path: "/filter", request: 1 }];
    const followed = [{ type: "subscribed" }, { type: "snapshot" }];
    expect(await follow(late, { kind: "more" })).toMatchObject(refused);
    expect(await follow(bob, { kind: "more" })).toMatchObject(followed);
    expect(await follow(late, { kind: "more" })).toMatchObject(refused); // that bob does is bob's
    expect(await follow(late, kind(3))).toMatchObject(followed);
    ann[3]?.session.end();
    const again = await asking.connect("ann");
    expect(await follow(again, { kind: "more" })).toMatchObject(refused); // late has that one still
    ann[4]?.session.end();
    expect(await follow(again, { kind: "more" })).toMatchObject(followed);
    // Who takes another one gives up the one before.
    expect(await follow(again, { kind: "another" })).toMatchObject(followed);
  });

  test("is the same one over HTTP", async () => {
    const server = new HttpServer({ authenticate: byName() });
    const ask = (place: string, filter: Filter, name = "ann") => {
      const query = encodeURIComponent(JSON.stringify(filter));
      const headers = { authorization: `Bearer ${name}` };
      return server.fetch(`/channels/c${place}filter=${query}`, { headers });
    };
    for (let i = 0; i < LIMITS.max_filters_each; i++) {
      expect((await ask("/events?", kind(i))).status).toBe(200);
    }
    expect((await ask("/events?", { kind: "more" })).status).toBe(413);
    expect((await ask("?wait=500&since=e:0&", { kind: "more" })).status).toBe(413);
    expect((await ask("?", { kind: "more" })).status).toBe(200);
    expect((await ask("/events?", { kind: "more" }, "bob")).status).toBe(200);
  });
});

test("filters are told of in numbers: who follows by them, and how often one is sent anew", () => {
  const { clock } = new TestServer();
  const statistics = new Statistics({ now: () => clock.now(), afterWrites: (run) => run() });
  const times = { lease: 15_000, lost: 600_000 };
  const report = () => undefined;
  const channels = new HostedChannels({ clock, statistics, times, listeners: [], report });
  const hosted = channels.open("c");
  const { token } = atOnce(hosted.attach("w", { fence() {}, lose() {} }));
  atOnce(hosted.append("w", token, frame(0, added("a"), added("b", "", { kind: "k" }))));
  const filter: Filter = { any: [{ kind: "k" }, { attributes: { "/on": true } }] };
  const follow = (by: Filter) => new TestConsumer(hosted, { filter: by });
  const readers = [follow(filter), follow(filter), follow({ kind: "k" })];
  const numbers = () => statistics.report(channels.gauges()).subscriptions.filtered;
  expect(numbers()).toEqual({ open: 3, filters: 2, anew: 0 });
  const attributes = [{ op: "add", path: "/on", value: true }] as const;
  atOnce(hosted.append("w", token, frame(1, { type: "message_patch", id: "a", attributes })));
  expect(readers[1]?.state?.messages.map(({ id }) => id)).toEqual(["a", "b"]);
  expect(numbers()).toEqual({ open: 3, filters: 2, anew: 1 });
  for (const reader of readers) reader.leave();
  expect(numbers()).toEqual({ open: 0, filters: 0, anew: 1 });
});

describe("a view that nobody follows", () => {
  let server: TestServer;
  let write: (...changes: Parameters<typeof frame>[1][]) => void;

  beforeEach(() => {
    server = new TestServer();
    const { token } = atOnce(server.channel().attach("w", { fence() {}, lose() {} }));
    let seq = 0;
    write = (...changes) => {
      atOnce(server.channel().append("w", token, frame(seq, ...changes)));
      seq += 1;
    };
  });

  const turn = (id: string, value: number) =>
    write({ type: "message_patch", id, attributes: [{ op: "add", path: "/level", value }] });

  test.each([
    [9_999, "changes"],
    [10_000, "snapshot"],
  ])("goes on for a while: who comes back after %i ms is sent %s", (away, answer) => {
    write(added("a"));
    const filter: Filter = { attributes: { "/level": { min: 3 } } };
    const first = server.connect("json");
    subscribe(first, filter);
    first.session.end();
    turn("a", 5); // from the channel's log nobody could tell what that has changed
    server.clock.advance(away);
    const client = server.connect("json");
    const [subscribed, frames] = subscribe(client, filter, { epoch: "e", seq: 1 });
    expect(subscribed).toMatchObject({ type: "subscribed", answer, seq: 2 });
    expect(frames).toMatchObject({ type: answer });
    client.session.end();
    server.clock.advance(10_000);
    expect(server.clock.pending).toBe(0);
  });

  test("is the same one for all who read it, and at the channel's version", () => {
    const { followers } = server.channel();
    const view = followers.view(kind(1));
    write(added("a", "", { kind: "k1" }), added("b", "", { kind: "k2" }));
    expect(followers.view(kind(1))).toBe(view);
    expect(view.state.messages.map(({ id }) => id)).toEqual(["a"]);
    expect(followers.view({ kind: ["k1"] })).not.toBe(view);
    server.clock.advance(6000);
    expect(followers.view(kind(1))).toBe(view);
    server.clock.advance(6000);
    expect(followers.view(kind(1))).toBe(view); // it was read since
    server.clock.advance(10_000);
    expect(followers.view(kind(1))).not.toBe(view);
    server.channel().close();
    expect(server.clock.pending).toBe(0);
  });

  test("is one of a few, and none of those that the bound is about", () => {
    const { followers } = server.channel();
    const views = Array.from({ length: 8 }, (_, i) => followers.view(kind(i)));
    followers.view(kind(0));
    followers.view(kind(8));
    expect(followers.view(kind(0))).toBe(views[0]);
    expect(followers.view(kind(1))).not.toBe(views[1]); // the one that was read longest ago
    expect(followers.filtered).toEqual({ subscriptions: 0, filters: 0 });
    const clients = Array.from({ length: LIMITS.max_filters }, () => server.connect("json"));
    for (const [i, client] of clients.entries()) {
      expect(subscribe(client, kind(i + 5))).toMatchObject([{ answer: "snapshot" }, {}]);
    }
    expect(followers.filtered).toEqual({ subscriptions: 64, filters: 64 });
    const late = server.connect("json");
    expect(subscribe(late, kind(0))).toMatchObject([{ code: "overloaded" }]); // it is there, unfollowed
    clients[0]?.session.end();
    expect(subscribe(late, kind(0))).toMatchObject([{ answer: "snapshot" }, {}]);
  });
});
