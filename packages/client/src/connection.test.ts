import { CLOSE_CODES, DeltawireError, LIMITS, SUBPROTOCOLS } from "@deltawire/spec";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { Connection } from "./connection.js";
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
    socket.deliverRaw('{"type":"history","channel":"c"}');
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
  ])("that cannot be read are told of, and do no more: %s", async (_what, wrong, code) => {
    const { socket, channel } = await readChannel(network);
    socket.take();
    socket.deliverRaw(wrong);
    expect(socket.take()).toMatchObject([{ type: "error", code }]);
    socket.deliver(snapshot(1, 3, message("m", "Hi")));
    expect(channel.state.message("m")?.text).toBe("Hi");
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

  test("an error about no channel ends everything: something that was sent is lost", async () => {
    const { wire, socket, channel } = await readChannel(network);
    const reply = wire.channel("d").write("m");
    socket.deliver({
      type: "error",
      code: "malformed",
      message: "expected a list",
      path: "/changes",
    });
    expect(channel.error).toMatchObject({ code: "malformed", path: "/changes" });
    expect(await reply.closed).toMatchObject({ error: error("malformed") });
    expect(socket.closed).toEqual({ code: 1000 });
  });

  test("an error about a frame that the server does not know is a newer client's", async () => {
    const { socket, channel } = await readChannel(network);
    socket.deliver({ type: "error", code: "unknown_frame", message: "no such frame" });
    expect(channel.error).toBeUndefined();
  });
});

describe("closes", () => {
  test.each([
    [CLOSE_CODES.normal, "closed", "stop"],
    [CLOSE_CODES.going_away, "going_away", "retry"],
    [CLOSE_CODES.frame_too_large, "limit_exceeded", "correct"],
    [CLOSE_CODES.protocol_error, "malformed", "correct"],
    [CLOSE_CODES.unauthorized, "unauthorized", "stop"],
    [CLOSE_CODES.hello_timeout, "timeout", "retry"],
    [CLOSE_CODES.superseded, "superseded", "stop"],
    [CLOSE_CODES.overloaded, "overloaded", "retry"],
    [1006, "connection_lost", "retry"],
    [1005, "connection_lost", "retry"],
    [1011, "connection_lost", "retry"],
    [4999, "connection_lost", "retry"],
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
    await wire.close();
    expect(network.sockets).toHaveLength(1);
  });

  test("before it was open", async () => {
    const wire = openWire(network);
    const channel = wire.channel("c");
    channel.subscribe(() => undefined);
    await turn();
    network.socket.end(1006);
    expect(channel.error).toEqual(error("connection_lost"));
    network.socket.accept(); // too late
    expect(network.socket.take()).toEqual([]);
  });
});

test("a frame that is too large is not sent", async () => {
  const host = { receive: vi.fn(), lost: vi.fn() };
  const settings = { url: "ws://host", token: undefined, protocols: [SUBPROTOCOLS.json] };
  const connection = new Connection({ ...settings, WebSocket: network.WebSocket }, host);
  await turn();
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
