import { DeltawireError } from "@deltawire/spec";
import { describe, expect, test } from "vitest";
import { atOnce } from "./testing/at-once.js";
import { added, append, frame } from "./testing/changes.js";
import { TestClient, TestServer } from "./testing/pair.js";

const HEARTBEAT = 15_000;

function start() {
  const server = new TestServer();
  server.options = { heartbeat: HEARTBEAT };
  const client = server.connect("json");
  return { server, client };
}

describe("a heartbeat", () => {
  test("is stated by welcome", () => {
    const client = new TestClient(start().server, "json");
    client.send({ type: "hello", version: 1 });
    expect(client.take()).toMatchObject([{ type: "welcome", heartbeat: HEARTBEAT }]);
  });

  test("asks who was silent for as long, and gives up who is for twice as long", () => {
    const { server, client } = start();
    server.clock.advance(HEARTBEAT - 1);
    expect(client.session.isAlive()).toBe(true);
    expect(client.take()).toEqual([]);
    server.clock.advance(1);
    expect(client.session.isAlive()).toBe(true);
    expect(client.take()).toEqual([{ type: "ping" }]);
    server.clock.advance(HEARTBEAT - 1);
    expect(client.session.isAlive()).toBe(true);
    server.clock.advance(1);
    expect(client.session.isAlive()).toBe(false);
  });

  test("is any message", () => {
    const { server, client } = start();
    server.clock.advance(HEARTBEAT);
    client.send({ type: "unsubscribe", channel: "nothing" });
    server.clock.advance(HEARTBEAT);
    expect(client.session.isAlive()).toBe(true);
    client.send({ type: "pong" });
    server.clock.advance(2 * HEARTBEAT - 1);
    expect(client.session.isAlive()).toBe(true);
  });

  test("is also that what was sent is read", () => {
    const { server, client } = start();
    const { token } = atOnce(
      server.channel().attach("p", { fence: () => undefined, lose: () => undefined }),
    );
    server.channel().append("p", token, frame(0, added("m", "x".repeat(100_000))));
    client.down.hold();
    client.follow();
    for (let i = 0; i < 5; i++) {
      server.clock.advance(HEARTBEAT);
      client.down.release(1);
      expect(client.session.isAlive()).toBe(true);
    }
    server.clock.advance(2 * HEARTBEAT);
    expect(client.session.isAlive()).toBe(false);
  });
});

describe.each(["json", "msgpack"] as const)("a connection that was replaced (%s)", (codec) => {
  test("goes on while it is for something else", () => {
    const server = new TestServer();
    const [reading, writing] = [server.connect(codec), server.connect(codec)];
    reading.follow("another");
    reading.produce("p");
    writing.produce("p", "d");
    writing.produce("p", "kept");
    server.connect(codec).produce("p");
    server.connect(codec).produce("p", "d");
    expect(reading.closed).toBeUndefined();
    expect(writing.closed).toBeUndefined();
  });

  test("L26: with nothing left is closed with 4409", () => {
    const server = new TestServer();
    const old = server.connect(codec);
    old.produce("p");
    old.produce("p", "d");
    old.take();
    server.connect(codec).produce("p");
    expect(old.closed).toBeUndefined();
    server.connect(codec).produce("p", "d");
    expect(old.take()).toMatchObject([
      { type: "error", code: "fenced", channel: "c" },
      { type: "error", code: "fenced", channel: "d" },
    ]);
    expect(old.closed?.code).toBe(4409);
  });

  test.each([
    ["overloaded", undefined],
    ["forbidden", 4409],
  ] as const)("L26: with a reader that was told %s is closed with %s", (code, closed) => {
    const server = new TestServer();
    const open = server.channel.bind(server);
    server.channel = (name) => {
      if (name === "refused") throw new DeltawireError(code, "not now");
      return open(name);
    };
    const old = server.connect(codec);
    old.produce("p");
    old.send({ type: "subscribe", channel: "refused", request: 1 });
    server.connect(codec).produce("p");
    expect(old.take()).toMatchObject([{ type: "producing" }, { code }, { code: "fenced" }]);
    expect(old.closed?.code).toBe(closed);
  });

  test("does not take over again; who has begun anew does", () => {
    const server = new TestServer();
    const claim = (instance: string, token?: number) =>
      ({
        type: "produce",
        channel: "c",
        producer: "p",
        instance,
        ...(token !== undefined && { token }),
      }) as const;
    const [first, second, back] = [0, 1, 2].map(() => server.connect(codec));
    first?.send(claim("a"));
    second?.send(claim("b"));
    back?.take();
    back?.send(claim("a", 1));
    expect(back?.take()).toMatchObject([{ type: "error", code: "fenced", channel: "c" }]);
    second?.take();
    second?.send(claim("b", 2));
    expect(second?.take()).toMatchObject([{ type: "producing", token: 3 }]);
  });
});

test("L21: a producer whose connection is gone: its messages are interrupted, and go on", () => {
  const server = new TestServer();
  const reader = server.connect().follow();
  const writer = server.connect();
  writer.produce("p");
  writer.send(frame(0, added("m", "Hi")));
  writer.session.end();
  server.clock.advance(14_999);
  expect(reader.state?.message("m")?.status).toBe("streaming");
  server.clock.advance(1);
  expect(reader.state?.message("m")?.status).toBe("interrupted");
  server.connect().produce("p");
  expect(reader.state?.message("m")?.status).toBe("streaming");
  expect(reader.state?.seq).toBe(3);
});

test("L21, L34: a producer that answers pings and writes nothing for a day is left alone", () => {
  const { server, client } = start();
  const reader = server.connect().follow();
  client.produce("p");
  client.send(frame(0, added("m", "Let me think. ")));
  for (let i = 0; i < 4 * 60 * 24; i++) {
    server.clock.advance(HEARTBEAT);
    if (!client.session.isAlive()) client.session.end();
    for (const { type } of client.take()) if (type === "ping") client.send({ type: "pong" });
  }
  expect(reader.state?.message("m")?.status).toBe("streaming");
  client.send(frame(1, append("m", 14, "Done.")));
  expect(reader.state?.message("m")?.text).toBe("Let me think. Done.");
});

test("L21: one that does not come back: long after, its messages have failed, and that is told", () => {
  const server = new TestServer();
  const reader = server.connect().follow();
  for (const id of ["p", "q"]) {
    const writer = server.connect();
    writer.produce(id);
    writer.send(frame(0, added(id)));
    server.clock.advance(1000);
    writer.session.end();
  }
  server.clock.advance(599_000);
  expect(reader.state?.messages.map(({ status }) => status)).toEqual(["failed", "interrupted"]);
  server.clock.advance(1000);
  expect(reader.state?.message("q")).toMatchObject({ error: { code: "producer_lost" } });
  expect(server.completed).toEqual(["p", "q"]);
  server.clock.advance(1000); // the last checkpoint
  expect(server.clock.pending).toBe(0);
});
