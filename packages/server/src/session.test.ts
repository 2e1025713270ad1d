import { type Frame, LIMITS } from "@deltawire/spec";
import { describe, expect, test } from "vitest";
import { added, append, frame } from "./testing/changes.js";
import { TestClient, TestServer } from "./testing/pair.js";

const codecs = ["json", "msgpack"] as const;
const hello = { type: "hello", version: 1 } as const;
const subscribe = { type: "subscribe", channel: "c", request: 1 } as const;

describe.each(codecs)("hello (%s)", (codec) => {
  test("is answered by welcome, and what is behind it in order", () => {
    const client = new TestClient(new TestServer(), codec);
    client.send(hello, { type: "ping", id: 7 }, subscribe);
    expect(client.take().map(({ type }) => type)).toEqual([
      "welcome",
      "pong",
      "subscribed",
      "snapshot",
    ]);
  });

  test.each<Frame>([subscribe, { type: "ping" }, frame(0, added("m"))])(
    "comes first: $type before it closes the connection",
    (early) => {
      const client = new TestClient(new TestServer(), codec);
      if (early.type === "changes") client.send({ type: "unsubscribe", channel: "c" });
      else client.send(early);
      expect(client.take()).toMatchObject([
        { type: "error", code: "unexpected_frame", path: "/type" },
      ]);
      expect(client.closed?.code).toBe(4400);
      client.send(hello);
      expect(client.take()).toEqual([]);
    },
  );

  test("has 10 seconds", () => {
    const server = new TestServer();
    const late = new TestClient(server, codec);
    const greeted = server.connect(codec);
    server.clock.advance(9999);
    expect(late.closed).toBeUndefined();
    server.clock.advance(1);
    expect(late.closed?.code).toBe(4408);
    expect(greeted.closed).toBeUndefined();
    expect(server.clock.pending).toBe(0);
  });

  test("comes once: a second one is refused, and the connection goes on", () => {
    const client = new TestServer().connect(codec);
    client.send(hello, { type: "ping", id: 1 });
    expect(client.take()).toMatchObject([
      { type: "error", code: "unexpected_frame", path: "/type" },
      { type: "pong", id: 1 },
    ]);
    expect(client.closed).toBeUndefined();
  });
});

describe.each(codecs)("bounds (%s)", (codec) => {
  test("a connection follows 1,024 channels, and writes to as many", () => {
    const server = new TestServer();
    const client = server.connect(codec);
    for (let i = 0; i < LIMITS.max_channels; i++) {
      client.send({ ...subscribe, channel: `c${i}` });
      client.produce("p", `c${i}`);
    }
    client.take();
    client.send({ ...subscribe, channel: "one more", request: 5 });
    client.produce("p", "one more");
    const refused = {
      type: "error",
      code: "limit_exceeded",
      message: expect.stringContaining("max_channels"),
      channel: "one more",
      path: "/channel",
    };
    expect(client.take()).toEqual([{ ...refused, request: 5 }, refused]);
    client.send({ ...subscribe, channel: "c7", request: 2 }); // one that it follows
    expect(client.take()[0]).toMatchObject({ type: "subscribed", channel: "c7" });
    client.send({ type: "unsubscribe", channel: "c8" }, { ...subscribe, channel: "another" });
    expect(client.take()[0]).toMatchObject({ type: "subscribed", channel: "another" });
  });
});

test("frames that go downward only are refused upward", () => {
  const client = new TestServer().connect("json");
  const wrong: Frame[] = [
    { type: "welcome", version: 1, durability: "memory" },
    { type: "subscribed", channel: "c", request: 1, epoch: "e", seq: 0, answer: "current" },
    { type: "snapshot", channel: "c", request: 1, epoch: "e", seq: 0, messages: [] },
    { type: "producing", channel: "c", producer: "p", epoch: "e", seq: 0, token: 1 },
    { type: "ack", channel: "c", seq: 0 },
    { type: "checkpoint", channel: "c", seq: 0, message: "m", part: "p", length: 0, crc32: 0 },
    { type: "goodbye", reason: "" },
  ];
  client.send(...wrong, { type: "pong" }, { type: "error", code: "gap", message: "" });
  const answers = client.take();
  expect(answers).toHaveLength(wrong.length);
  for (const answer of answers) {
    expect(answer).toMatchObject({ type: "error", code: "unexpected_frame", path: "/type" });
  }
  expect(client.closed).toBeUndefined(); // they could be read
});

test("a closed session takes nothing, sends nothing and leaves nothing behind", () => {
  const server = new TestServer();
  const writer = server.connect();
  writer.produce("w");
  writer.send(frame(0, added("m")));
  const client = server.connect();
  client.follow();
  client.produce("p");
  client.session.goodbye("deploy", 1500);
  const [, , , ...last] = client.take();
  expect(last).toEqual([{ type: "goodbye", reason: "deploy", retry_after: 1500 }]);
  expect(client.closed).toEqual({ code: 1001, reason: "deploy" });
  writer.send(frame(1, append("m", 0, "x")));
  client.send(frame(0, added("n")), { type: "ping" });
  server.turn();
  expect(client.take()).toEqual([]);
  expect(server.channel().state.messages).toHaveLength(1);
  client.session.goodbye("again", 0);
  expect(client.closed?.reason).toBe("deploy");
});

test("a connection that ends lets go of its channels", () => {
  const server = new TestServer();
  const client = server.connect();
  client.follow("read");
  client.produce("p", "written");
  const channels = [server.channel("read"), server.channel("written")];
  expect(channels.map(({ isUnused }) => isUnused)).toEqual([false, false]);
  client.produce("q", "written"); // in place of p
  client.session.end();
  expect(channels.map(({ isUnused }) => isUnused)).toEqual([true, true]);
});

test("what was taken is acknowledged before goodbye", () => {
  const server = new TestServer();
  const client = server.connect();
  client.produce("p");
  client.send(frame(0, added("m")));
  client.take();
  client.session.goodbye("deploy", 0);
  expect(client.take().map(({ type }) => type)).toEqual(["ack", "goodbye"]);
});

test("a defect of the server is told to both sides, and everything else goes on", () => {
  const server = new TestServer();
  const broken = new TypeError("cannot read properties of undefined");
  const open = server.host.open;
  const host = {
    ...server.host,
    open: (name: string) => {
      if (name === "broken") throw broken;
      return open(name);
    },
  };
  Object.defineProperty(server, "host", { value: host });
  const client = server.connect();
  client.send({ ...subscribe, channel: "broken" }, subscribe);
  expect(client.take()).toMatchObject([
    { type: "error", code: "internal", channel: "broken", request: 1 },
    { type: "subscribed", channel: "c" },
    { type: "snapshot" },
  ]);
  expect(server.defects).toEqual([broken]);
});
