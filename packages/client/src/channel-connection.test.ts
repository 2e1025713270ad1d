import { SUBPROTOCOLS } from "@deltawire/spec";
import { describe, expect, test, vi } from "vitest";
import type { ChannelOptions } from "./channel.js";
import type { ConnectOptions } from "./options.js";
import { MAX_DELAY } from "./reconnection.js";
import { changes, message, snapshot } from "./testing/frames.js";
import { VirtualPlatform } from "./testing/virtual-platform.js";
import { Wire } from "./wire.js";

// What a channel does when its connection comes and goes.

const error = (code: string) => expect.objectContaining({ code });
const settle = async () => {
  for (let i = 0; i < 10; i++) await Promise.resolve();
};

function setUp(options: ConnectOptions = {}, how: ChannelOptions = {}) {
  const platform = new VirtualPlatform();
  const { clock, network } = platform;
  const wire = new Wire("ws://host/wire", { transport: "websocket", ...options }, platform);
  const channel = wire.channel("c", how);
  const listener = vi.fn();
  const stop = channel.subscribe(listener);
  clock.advance(0);
  const accept = (welcome = {}) => network.socket.accept(SUBPROTOCOLS.json, welcome);
  return { clock, network, wire, channel, listener, stop, accept };
}

describe("a window", () => {
  test("is asked for, and grows; what waits for more learns that the connection is gone", async () => {
    const { clock, network, channel, accept } = setUp({}, { last: 2 });
    accept();
    expect(network.socket.take()[1]).toMatchObject({ type: "subscribe", last: 2 });
    network.socket.deliver({
      ...snapshot(1, 9, message("m8", "a"), message("m9", "b")),
      earlier: 7,
    });
    expect(channel.state.earlier).toBe(7);
    const loaded = channel.earlier(3);
    const [asked] = network.socket.take();
    expect(asked).toMatchObject({ type: "history", before: "m8", last: 3 });
    const page = { type: "history_page", channel: "c", request: 2, epoch: "e", seq: 9 } as const;
    network.socket.deliver({ ...page, earlier: 6, messages: [message("m7", "")] });
    await loaded;
    expect(channel.state.messages.map(({ id }) => id)).toEqual(["m7", "m8", "m9"]);
    const lost = channel.earlier(3);
    network.socket.end(1006);
    await expect(lost).rejects.toThrow(error("connection_lost"));
    expect(channel.state.messages).toHaveLength(3);
    clock.advance(MAX_DELAY);
    accept();
    const again = { type: "subscribe", epoch: "e", seq: 9, last: 3 };
    expect(network.socket.take()[1]).toMatchObject(again);
  });

  test("that is refused leaves the channel as it was", async () => {
    const { network, channel, accept } = setUp({}, { last: 1 });
    accept();
    network.socket.deliver({ ...snapshot(1, 9, message("m9", "b")), earlier: 7 });
    const refused = channel.earlier(3);
    const refusal = { type: "error", channel: "c", request: 2, message: "no" } as const;
    network.socket.deliver({ ...refusal, code: "limit_exceeded" });
    await expect(refused).rejects.toThrow(error("limit_exceeded"));
    expect(channel.status).toEqual({ is: "live" });
  });
});

test("who listens is told that it is stale, also before it was live", () => {
  const { clock, network, channel, listener } = setUp();
  clock.advance(0);
  listener.mockClear();
  network.socket.end(1006);
  clock.advance(0);
  expect(channel.status.is).toBe("stale");
  expect(listener).toHaveBeenCalledOnce();
});

test("a subscription that was live waits as little as the first time", () => {
  const { clock, network, accept } = setUp();
  accept();
  const refusal = { type: "error", code: "overloaded", message: "full", channel: "c" } as const;
  for (let request = 1; request < 5; request++) {
    network.socket.deliver({ ...refusal, request });
    clock.advance(MAX_DELAY);
  }
  network.socket.deliver(snapshot(5, 1), changes(7)); // a gap: it asks again
  network.socket.take();
  network.socket.deliver({ ...refusal, request: 6 });
  clock.advance(MAX_DELAY / 16);
  expect(network.socket.take()).toMatchObject([{ type: "subscribe", request: 7 }]);
});

test("closing has patience again once there is a connection, and leaves no timer", async () => {
  const token = () => "t";
  const { clock, network, wire, channel, accept } = setUp({ token });
  await settle();
  accept({ expires_in: 1e6 });
  channel.write("m").append("x");
  const closed = vi.fn();
  const closing = wire.close().then(closed);
  network.socket.end(1006);
  clock.advance(9000);
  await settle();
  accept({ expires_in: 1e6 });
  clock.advance(9000);
  await settle();
  expect([wire.status.is, closed.mock.calls.length]).toEqual(["catching_up", 0]);
  network.socket.end(1006);
  clock.advance(10_000);
  await closing;
  await settle();
  clock.advance(0);
  expect(clock.pending).toBe(0);
});

test("an open connection that is closed leaves no timer, of its token neither", async () => {
  const { clock, wire, accept } = setUp({ token: () => "t" });
  await settle();
  accept({ expires_in: 1e6 });
  await wire.close();
  clock.advance(0);
  expect(clock.pending).toBe(0);
});
