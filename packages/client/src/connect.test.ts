import { LIMITS, SUBPROTOCOLS } from "@deltawire/spec";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { connect } from "./connect.js";
import type { ConnectOptions } from "./options.js";
import { BASE_DELAY } from "./reconnection.js";
import { FakeNetwork } from "./testing/fake-server.js";
import { message, snapshot } from "./testing/frames.js";
import { openWire, readChannel, turn } from "./testing/open-wire.js";

const error = (code: string) => expect.objectContaining({ code });
let network: FakeNetwork;

beforeEach(() => {
  vi.useFakeTimers();
  network = new FakeNetwork();
});
afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

describe("opening", () => {
  test("happens on first use, once, whatever follows", async () => {
    const wire = openWire(network);
    wire.channel("c");
    await turn();
    expect(network.sockets).toHaveLength(0);
    wire.channel("c").subscribe(() => undefined);
    wire.channel("d").write("m");
    await turn();
    expect(network.sockets).toHaveLength(1);
    expect(network.socket.binaryType).toBe("arraybuffer");
  });

  test("offers both subprotocols, MessagePack first; or JSON alone", async () => {
    await readChannel(network);
    expect(network.socket.offered).toEqual([SUBPROTOCOLS.msgpack, SUBPROTOCOLS.json]);
    await readChannel(network, { codec: "json" });
    expect(network.socket.offered).toEqual([SUBPROTOCOLS.json]);
  });

  test.each([
    ["ws://host/wire", undefined, "ws://host/wire"],
    ["wss://host/wire", undefined, "wss://host/wire"],
    ["http://host/wire", undefined, "ws://host/wire"],
    ["https://host/wire?a=b", undefined, "wss://host/wire?a=b"],
    ["/wire", "https://page.example/a/b?c", "wss://page.example/wire"],
    ["live", "http://localhost:3000/app/", "ws://localhost:3000/app/live"],
  ])("of %s on the page %s is of %s", async (url, page, expected) => {
    if (page !== undefined) vi.stubGlobal("location", { href: page });
    connect(url, { WebSocket: network.WebSocket })
      .channel("c")
      .subscribe(() => undefined);
    await turn();
    expect(network.socket.url).toBe(expected);
  });

  test.each([
    ["a relative URL without a page", "/wire"],
    ["a scheme that is none of a server's", "ftp://127.0.0.1/wire"],
  ])("of %s fails where it is used, and throws nowhere", async (_, url) => {
    const wire = connect(url, { WebSocket: network.WebSocket });
    const channel = wire.channel("c");
    const reply = channel.write("m").append("x");
    channel.subscribe(() => undefined);
    await turn();
    expect(channel.error).toEqual(error("malformed"));
    expect(await reply.closed).toMatchObject({ reason: "lost", error: error("malformed") });
    expect(network.sockets).toHaveLength(0);
    await wire.close();
  });

  test("by a constructor that throws is a connection that was never made", async () => {
    const WebSocket = class {
      constructor() {
        throw new SyntaxError("no such scheme");
      }
    };
    const wire = openWire(network, { WebSocket: WebSocket as never });
    wire.channel("c").subscribe(() => undefined);
    await turn();
    const said = expect.stringContaining("no such scheme");
    const lost = expect.objectContaining({ code: "connection_lost", message: said });
    expect(wire.status).toMatchObject({ is: "offline", error: lost });
    await wire.close();
  });

  test("says hello first, then what was waiting, in its order", async () => {
    const { socket } = await readChannel(network);
    expect(socket.take()).toEqual([
      { type: "hello", version: 1 },
      { type: "subscribe", channel: "c", request: 1 },
    ]);
  });

  test.each<[string, ConnectOptions]>([
    ["a text", { token: "secret" }],
    ["a function", { token: () => "secret" }],
    ["a function that takes its time", { token: async () => "secret" }],
  ])("sends the token: %s", async (_what, options) => {
    const { socket } = await readChannel(network, options);
    expect(socket.take()[0]).toEqual({ type: "hello", version: 1, token: "secret" });
    expect(socket.url).not.toContain("secret");
  });

  test.each<[string, ConnectOptions["token"]]>([
    ["rejects", () => Promise.reject(new Error("no session"))],
    [
      "throws",
      () => {
        throw new Error("no session");
      },
    ],
  ])("without a token that could not be had tries again: it %s", async (_how, first) => {
    const token = vi.fn(async () => "later").mockImplementationOnce(first as never);
    const wire = openWire(network, { token });
    wire.channel("c").subscribe(() => undefined);
    await turn();
    const said = expect.objectContaining({ message: expect.stringContaining("no session") });
    expect(wire.status).toMatchObject({ is: "offline", error: said });
    expect(network.sockets).toHaveLength(0);
    await vi.advanceTimersByTimeAsync(BASE_DELAY);
    network.socket.accept();
    expect(network.socket.take()[0]).toMatchObject({ type: "hello", token: "later" });
  });

  test("is given up where the wire is closed before the token is there", async () => {
    let give: (token: string) => void = () => undefined;
    const token = new Promise<string>((resolve) => {
      give = resolve;
    });
    const wire = openWire(network, { token: () => token });
    wire.channel("c").subscribe(() => undefined);
    await wire.close();
    give("late");
    await turn();
    expect(network.sockets).toHaveLength(0);
  });

  test("fails where the server chooses none of what was offered", async () => {
    const wire = openWire(network);
    wire.channel("c").subscribe(() => undefined);
    await turn();
    network.socket.open("");
    expect(wire.channel("c").error).toEqual(error("unsupported_version"));
    expect(network.socket.closed).toEqual({ code: 1000 });
  });
});

describe("channels", () => {
  test("are one for a name", () => {
    const wire = openWire(network);
    expect(wire.channel("c")).toBe(wire.channel("c"));
    expect(wire.channel("c")).not.toBe(wire.channel("d"));
  });

  test.each([
    ["", "limit_exceeded"],
    ["x".repeat(LIMITS.max_id_length + 1), "limit_exceeded"],
    ["\ud800", "ill_formed_text"],
  ])("have names: %#", (name, code) => {
    expect(() => openWire(network).channel(name)).toThrow(error(code));
  });
});

describe("closing", () => {
  test("sends what was written in the same turn, and waits until the server has it", async () => {
    const wire = openWire(network, { throttle: 100 });
    const reply = wire.channel("c").write("m").append("all of it");
    const closed = vi.fn();
    const closing = wire.close().then(closed);
    await turn();
    const { socket } = network;
    socket.accept();
    const [, produce] = socket.take();
    expect(produce).toMatchObject({ type: "produce", channel: "c" });
    const producer = produce?.type === "produce" ? produce.producer : "";
    socket.deliver({ type: "producing", channel: "c", producer, epoch: "e", seq: 0, token: 1 });
    const frames = socket.take();
    expect(JSON.stringify(frames)).toContain("all of it");
    await vi.advanceTimersByTimeAsync(60_000);
    expect(closed).not.toHaveBeenCalled();
    socket.deliver({ type: "ack", channel: "c", seq: frames.length });
    await closing;
    expect(socket.closed).toEqual({ code: 1000 });
    expect(await reply.closed).toMatchObject({ reason: "lost", error: error("closed") });
  });

  test("waits for nothing where nothing was written, or nothing ever opened", async () => {
    await openWire(network).close();
    expect(network.sockets).toHaveLength(0);
    const { wire, socket } = await readChannel(network);
    await wire.close();
    expect(socket.closed).toEqual({ code: 1000 });
  });

  test("gives up 10 s after the connection was lost, more than once", async () => {
    const wire = openWire(network);
    const completing = wire.channel("c").write("m").append("x").complete();
    const closing = [wire.close(), wire.close()];
    await turn();
    network.socket.end(1006);
    await vi.advanceTimersByTimeAsync(9_999);
    expect(wire.status.is).toBe("offline");
    await vi.advanceTimersByTimeAsync(1);
    await Promise.all(closing);
    await expect(completing).rejects.toThrow(error("connection_lost"));
    await wire.close();
    expect(vi.getTimerCount()).toBe(0);
  });

  test("is no error to who reads: the view stays, the iteration ends", async () => {
    const { wire, channel, socket } = await readChannel(network);
    socket.deliver(snapshot(1, 3, message("m", "Hi")));
    const read = channel.changes();
    expect((await read.next()).value).toMatchObject({ type: "reset" });
    await wire.close();
    expect(await read.next()).toEqual({ done: true, value: undefined });
    expect(channel.error).toBeUndefined();
    expect(channel.isLive).toBe(false);
    socket.deliver({ ...snapshot(1, 4), messages: [] });
    expect(channel.state.message("m")?.text).toBe("Hi");
    expect(wire.channel("later").error).toBeUndefined();
    expect(() => wire.channel("later").write("m")).toThrow(error("closed"));
  });
});
