import { CLOSE_CODES, DeltawireError, LIMITS, SUBPROTOCOLS } from "@deltawire/spec";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { systemPlatform } from "./platform.js";
import { BASE_DELAY, OVERLOADED_DELAY, OVERLOADED_TRIES } from "./reconnection.js";
import { SocketConnection } from "./socket-connection.js";
import { FakeNetwork } from "./testing/fake-server.js";
import { append, changes, message, snapshot } from "./testing/frames.js";
import { openWire, readChannel, turn } from "./testing/open-wire.js";

const error = (code: string) => expect.objectContaining({ code });
let network: FakeNetwork;

beforeEach(() => {
  vi.useFakeTimers();
  network = new FakeNetwork();
});
afterEach(() => vi.useRealTimers());

describe("frames of the server", () => {
  test("ping is answered by pong, with its number", async () => {
    const { socket } = await readChannel(network);
    socket.take();
    socket.deliver({ type: "ping", id: 0 }, { type: "ping" });
    expect(socket.take()).toEqual([{ type: "pong", id: 0 }, { type: "pong" }]);
  });

  test("that are unknown, and unknown fields, are ignored", async () => {
    const { socket, channel } = await readChannel(network);
    socket.take();
    socket.deliverRaw('{"type":"welcome","version":1,"durability":"memory","heartbeat":5}');
    for (let i = 0; i < 100; i++) socket.deliverRaw('{"type":"presence"}');
    expect(socket.take()).toEqual([]);
    expect(channel.error).toBeUndefined();
    expect(socket.closed).toBeUndefined();
  });

  test.each<[string, unknown, string]>([
    ["no JSON", "{", "malformed"],
    ["binary", new Uint8Array([1, 2]), "malformed"],
    ["a blob", {}, "malformed"],
    ["a lone surrogate", '{"type":"goodbye","reason":"\\ud800"}', "ill_formed_text"],
    [
      "an unknown answer",
      '{"type":"subscribed","channel":"c","request":1,"epoch":"e","seq":0,"answer":"?"}',
      "malformed",
    ],
  ])(
    "that cannot be read are told of, and what they were is asked for: %s",
    async (_what, wrong, code) => {
      const { socket, channel } = await readChannel(network);
      socket.take();
      socket.deliverRaw(wrong);
      const again = { type: "subscribe", channel: "c", request: 2 };
      expect(socket.take()).toMatchObject([{ type: "error", code }, again]);
      socket.deliver(snapshot(2, 3, message("m", "Hi")));
      expect(channel.state.message("m")?.text).toBe("Hi");
    },
  );

  test("that cannot be read are not left out: what was under way is asked for anew", async () => {
    const { socket, channel } = await readChannel(network);
    socket.take();
    socket.deliver({ ...snapshot(1, 3, message("a", "A")), more: true });
    socket.deliverRaw('{"type":"snapshot"}');
    expect(socket.take()).toMatchObject([
      { type: "error", code: "malformed" },
      { type: "subscribe", channel: "c", request: 2 },
    ]);
    socket.deliver(snapshot(1, 3, message("c", "C")));
    expect(channel.state.messages).toEqual([]);
    expect(channel.isLive).toBe(false);
    socket.deliver(snapshot(2, 3, message("a", "A"), message("b", "B"), message("c", "C")));
    expect(channel.state.messages).toHaveLength(3);
    expect(channel.isLive).toBe(true);
    socket.deliverRaw("{"); // perhaps the first chunk of a snapshot that nobody asked for
    socket.deliver(snapshot(2, 4, message("c", "C")));
    expect(channel.state.messages).toHaveLength(3);
  });

  test("that cannot be read, sixteen of them, end the connection", async () => {
    const { socket, channel } = await readChannel(network);
    const reply = channel.write("m");
    for (let i = 1; i < LIMITS.max_malformed_frames; i++) socket.deliverRaw("{");
    expect(channel.error).toBeUndefined();
    socket.deliverRaw("{");
    expect(channel.error).toEqual(error("malformed"));
    expect(socket.closed).toEqual({ code: CLOSE_CODES.protocol_error });
    expect(await reply.closed).toMatchObject({ reason: "lost", error: error("malformed") });
    socket.deliverRaw("{");
    socket.end(1006);
    expect(channel.error).toEqual(error("malformed"));
  });

  test("of other channels, or that make no sense, change nothing", async () => {
    const { socket, channel } = await readChannel(network);
    socket.deliver(snapshot(1, 3, message("m", "Hi")));
    const { state } = channel;
    socket.deliver(
      { ...snapshot(9, 4), channel: "elsewhere" },
      { type: "hello", version: 1 },
      { type: "unsubscribe", channel: "c" },
      { type: "producing", channel: "c", producer: "p", epoch: "e", seq: 0, token: 1 },
      { type: "ack", channel: "c", seq: 100 },
      { type: "goodbye", reason: "soon" },
      snapshot(7, 9),
      changes(1, append("m", 0, "old")),
    );
    expect(channel.state).toBe(state);
    expect(channel.error).toBeUndefined();
  });

  test("an error about no channel: something is lost, so everybody asks anew, later and later", async () => {
    const { wire, socket, channel } = await readChannel(network);
    socket.deliver(snapshot(1, 3, message("m", "Hi")));
    wire.channel("d").subscribe(() => undefined);
    socket.take();
    const refusal = { type: "error", code: "malformed", message: "expected a list" } as const;
    socket.deliver(refusal, refusal);
    expect(channel.error).toBeUndefined();
    await vi.advanceTimersByTimeAsync(BASE_DELAY);
    expect(socket.take()).toEqual([
      { type: "subscribe", channel: "c", request: 2, epoch: "e", seq: 3 },
      { type: "subscribe", channel: "d", request: 2 },
    ]);
    socket.deliver(refusal);
    await wire.close();
    await turn();
    expect(vi.getTimerCount()).toBe(0);
  });

  test("an error about a frame that the server does not know is a newer client's", async () => {
    const { socket, channel } = await readChannel(network);
    socket.deliver({ type: "error", code: "unknown_frame", message: "no such frame" });
    expect(channel.error).toBeUndefined();
  });
});

describe("L26: closes for good", () => {
  test.each([
    [CLOSE_CODES.normal, "closed", "stop"],
    [CLOSE_CODES.protocol_error, "malformed", "correct"],
    [CLOSE_CODES.superseded, "superseded", "stop"],
  ])("with %i: %s, %s", async (code, expected, group) => {
    const { wire, channel, socket, listener } = await readChannel(network);
    socket.deliver(snapshot(1, 3, message("m", "Hi")));
    const reply = channel.write("n").append("x");
    const completing = reply.complete();
    const changesRead = channel.changes();
    await changesRead.next();
    await turn();
    listener.mockClear();
    socket.end(code, "the reason");
    const { error: lost } = channel;
    expect(lost).toBeInstanceOf(DeltawireError);
    expect(lost).toMatchObject({ code: expected, group });
    expect(lost?.message).toMatch(/the reason .*\d{4}/);
    expect(wire.status).toEqual({ is: "stopped", error: lost });
    expect(channel.status).toEqual({ is: "stopped", error: lost });
    await expect(completing).rejects.toBe(lost);
    expect(await reply.closed).toEqual({ reason: "lost", error: lost });
    expect(reply.signal.reason).toBe(lost);
    await expect(changesRead.next()).rejects.toBe(lost);
    expect(() => channel.write("k")).toThrow(lost as DeltawireError);
    await turn();
    expect(listener).toHaveBeenCalledOnce();
    expect(channel.state.message("m")?.text).toBe("Hi"); // the last good view stays
    expect(channel.isLive).toBe(false);
    expect(wire.channel("later").error).toBe(lost);
    wire.retry();
    await wire.close();
    await vi.advanceTimersByTimeAsync(3_600_000);
    expect(network.sockets).toHaveLength(1);
  });
});

describe("closes for now", () => {
  test.each([
    [CLOSE_CODES.going_away, "going_away"],
    [CLOSE_CODES.frame_too_large, "limit_exceeded"],
    [CLOSE_CODES.hello_timeout, "timeout"],
    [CLOSE_CODES.overloaded, "overloaded"],
    [1006, "connection_lost"],
    [1005, "connection_lost"],
    [1011, "connection_lost"],
    [4999, "connection_lost"],
  ])("with %i: %s", async (code, expected) => {
    const { wire, channel, socket } = await readChannel(network);
    socket.deliver(snapshot(1, 3, message("m", "Hi")));
    socket.end(code, "the reason");
    const said = expect.stringMatching(/the reason .*\d{4}/);
    const lost = expect.objectContaining({ code: expected, message: said });
    expect(wire.status).toMatchObject({ is: "offline", error: lost });
    expect(channel.status).toMatchObject({ is: "stale", error: lost });
    expect([channel.error, channel.isLive]).toEqual([undefined, false]);
    expect(channel.state.message("m")?.text).toBe("Hi");
    await vi.advanceTimersByTimeAsync(OVERLOADED_DELAY + BASE_DELAY * 2 ** OVERLOADED_TRIES);
    expect(network.sockets).toHaveLength(2);
    network.socket.accept();
    const asked = { type: "subscribe", channel: "c", request: 2, epoch: "e", seq: 3 };
    expect(network.socket.take()).toEqual([{ type: "hello", version: 1 }, asked]);
    expect(wire.status).toEqual({ is: "catching_up" });
    network.socket.deliver({ ...changes(3, append("m", 2, "!")), request: 2 });
    expect(channel.state.message("m")?.text).toBe("Hi!");
    expect([wire.status, channel.status]).toEqual([{ is: "live" }, { is: "live" }]);
  });

  test("before it was open: nothing of the old socket counts any more", async () => {
    const wire = openWire(network);
    const channel = wire.channel("c");
    channel.subscribe(() => undefined);
    await turn();
    const { socket } = network;
    socket.end(1006);
    expect(wire.status).toMatchObject({ is: "offline", error: error("connection_lost") });
    socket.open(); // too late
    expect(socket.take()).toEqual([]);
  });
});

test("a frame that is too large is not sent", async () => {
  const heard = {
    opened: vi.fn(),
    welcomed: vi.fn(),
    receive: vi.fn(),
    passed: vi.fn(),
    unreadable: vi.fn(),
    lost: vi.fn(),
  };
  const host = { ...heard, replicaOf: () => undefined };
  const settings = {
    url: "ws://host",
    token: undefined,
    protocols: [SUBPROTOCOLS.json],
    compact: true,
  };
  const all = { ...settings, WebSocket: network.WebSocket };
  const connection = new SocketConnection(all, systemPlatform, host);
  connection.open();
  network.socket.accept();
  network.socket.take();
  const third = Math.ceil(LIMITS.max_frame_bytes / 3);
  for (const text of ["x".repeat(3 * third), "€".repeat(third)]) {
    expect(() => connection.send(changes(0, append("m", 0, text)))).toThrow(
      error("limit_exceeded"),
    );
  }
  expect(network.socket.take()).toEqual([]);
  connection.send(changes(0, append("m", 0, "€".repeat(third - 100))));
  expect(network.socket.take()).toHaveLength(1);
});
