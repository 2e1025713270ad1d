import { CLOSE_CODES, SUBPROTOCOLS } from "@deltawire/spec";
import { describe, expect, test, vi } from "vitest";
import type { ConnectOptions } from "./options.js";
import { BASE_DELAY } from "./reconnection.js";
import { message, snapshot } from "./testing/frames.js";
import { VirtualPlatform } from "./testing/virtual-platform.js";
import { Wire } from "./wire.js";

const error = (code: string) => expect.objectContaining({ code });
const settle = async () => {
  for (let i = 0; i < 5; i++) await Promise.resolve();
};

/** A wire on a platform of its own, whose channel "c" is read. */
function reading(options: ConnectOptions = {}) {
  const platform = new VirtualPlatform();
  const { clock, network } = platform;
  const wire = new Wire("ws://host/wire", options, platform);
  const channel = wire.channel("c");
  const listener = vi.fn();
  const stop = channel.subscribe(listener);
  clock.advance(0);
  const accept = (welcome = {}) => network.socket.accept(SUBPROTOCOLS.json, welcome);
  /** What the latest subscription asked for is answered. */
  const answer = (seq: number) => {
    const asked = network.socket.take().filter((frame) => frame.type === "subscribe");
    const request = asked.at(-1)?.request ?? 0;
    network.socket.deliver(snapshot(request, seq, message("m", "x".repeat(seq))));
  };
  return { platform, clock, network, wire, channel, listener, stop, accept, answer };
}

describe("the status", () => {
  test("of a wire: what a user interface shows, and the same object until it changes", () => {
    const { clock, network, wire, accept, answer } = reading();
    const seen: string[] = [];
    const stop = wire.subscribe(() => seen.push(wire.status.is));
    expect(new Wire("ws://host", {}, new VirtualPlatform()).status).toEqual({ is: "idle" });
    expect(wire.status).toEqual({ is: "connecting" });
    accept();
    const { status } = wire;
    expect(status).toEqual({ is: "catching_up" });
    clock.advance(0);
    expect(wire.status).toBe(status);
    answer(1);
    clock.advance(0);
    network.socket.end(1006);
    clock.advance(0);
    const { status: offline } = wire;
    expect(offline).toMatchObject({ is: "offline", error: error("connection_lost") });
    clock.advance(BASE_DELAY); // another attempt is no news
    expect(network.sockets).toHaveLength(2);
    expect(wire.status).toBe(offline);
    accept();
    answer(1);
    clock.advance(0);
    expect(seen).toEqual(["catching_up", "live", "offline", "live"]);
    stop();
    network.socket.end(1006);
    clock.advance(0);
    expect(seen).toHaveLength(4);
  });

  test("of a channel: live, stale since, catching up; nobody reads", () => {
    const { clock, network, channel, stop, accept, answer } = reading();
    expect(channel.status).toEqual({ is: "catching_up" });
    accept();
    answer(1);
    expect(channel.status).toEqual({ is: "live" });
    clock.advance(1234);
    const since = clock.now();
    network.socket.end(1006);
    expect(channel.status).toMatchObject({ is: "stale", since, error: error("connection_lost") });
    clock.advance(BASE_DELAY);
    accept();
    expect(channel.status).toEqual({ is: "catching_up" });
    expect(channel.state.message("m")?.text).toBe("x");
    stop();
    expect(channel.status).toEqual({ is: "idle" });
  });
});

describe("a connection that is half open", () => {
  test("L27: is asked, closed and forgotten, and nothing of it counts any more", () => {
    const { clock, network, wire, channel, accept, answer } = reading();
    accept({ heartbeat: 1000 });
    answer(1);
    const old = network.socket;
    old.isMute = true;
    clock.advance(1999);
    expect(old.take()).toEqual([{ type: "ping" }]);
    expect(wire.status.is).toBe("live");
    clock.advance(1);
    expect(wire.status).toMatchObject({ is: "offline" });
    expect([old.closed, old.isHeard]).toEqual([{ code: 1000 }, false]);
    clock.advance(BASE_DELAY);
    accept();
    answer(2);
    old.deliver(snapshot(2, 9));
    old.end(1000);
    expect(wire.status).toEqual({ is: "live" });
    expect(channel.state.seq).toBe(2);
  });

  test("L34: is none while anything comes", () => {
    const { clock, network, wire, accept, answer } = reading();
    accept({ heartbeat: 1000 });
    answer(1);
    network.socket.isMute = true;
    for (let i = 0; i < 20; i++) {
      clock.advance(900);
      network.socket.deliver({ type: "pong" });
    }
    clock.advance(1500);
    network.socket.deliver({ type: "pong" });
    clock.advance(1500);
    expect(network.sockets).toHaveLength(1);
    expect(wire.status.is).toBe("live");
  });

  test("after sleep is asked first: what has come may still wait to be read", () => {
    const { clock, network, wire, accept, answer } = reading();
    accept({ heartbeat: 1000 });
    answer(1);
    clock.sleep(3_600_000);
    clock.advance(0);
    clock.advance(5000);
    expect(network.sockets).toHaveLength(1);
    expect(wire.status.is).toBe("live");
  });

  test("is found sooner when the device wakes up", () => {
    const { platform, clock, network, wire, accept, answer } = reading();
    accept();
    answer(1);
    network.socket.isMute = true;
    platform.wake();
    expect(network.socket.take()).toEqual([{ type: "ping" }]);
    clock.advance(5000);
    expect(wire.status.is).toBe("offline");
  });

  test("also where it never says welcome", () => {
    const { clock, network, wire } = reading();
    network.socket.open();
    clock.advance(15_000);
    expect(wire.status.is).toBe("offline");
    expect(network.socket.closed).toEqual({ code: 1000 });
  });
});

describe("a token", () => {
  test("is another one for each connection, and before it expires", async () => {
    let count = 0;
    const { clock, network, accept } = reading({ token: () => `t${++count}` });
    await settle();
    accept({ expires_in: 10_000 });
    expect(network.socket.take()[0]).toMatchObject({ type: "hello", token: "t1" });
    clock.advance(8000);
    await settle();
    expect(network.socket.take()).toEqual([{ type: "authenticate", token: "t2" }]);
    network.socket.deliver({ type: "authenticated", expires_in: 100_000 });
    clock.advance(79_000);
    await settle();
    expect(network.socket.take()).toEqual([]);
    clock.advance(1000);
    await settle();
    expect(network.socket.take()).toEqual([{ type: "authenticate", token: "t3" }]);
    network.socket.end(1006);
    clock.advance(BASE_DELAY);
    await settle();
    accept();
    expect(network.socket.take()[0]).toMatchObject({ type: "hello", token: "t4" });
  });

  test("that cannot be renewed is asked for again, until it expires", async () => {
    const token = vi.fn(async () => "t1");
    const { clock, accept, wire } = reading({ token });
    await settle();
    accept({ expires_in: 10_000 });
    token.mockRejectedValue(new Error("offline"));
    for (let i = 0; i < 100; i++) {
      clock.advance(1000);
      await settle();
    }
    expect(token.mock.calls.length).toBeGreaterThan(2);
    expect(token.mock.calls.length).toBeLessThan(8);
    expect(wire.status.is).toBe("catching_up"); // the server closes it, if anybody
  });

  test("that was refused stops everything until the function gives another one", async () => {
    let token = "bad";
    const { clock, network, wire, channel, accept } = reading({ token: () => token });
    await settle();
    network.socket.open();
    network.socket.end(CLOSE_CODES.unauthorized, "expired");
    expect(wire.status).toMatchObject({ is: "stopped", error: error("unauthorized") });
    for (let i = 0; i < 20; i++) {
      clock.advance(30_000);
      await settle();
    }
    expect(network.sockets).toHaveLength(1);
    expect(wire.status.is).toBe("stopped");
    expect(channel.status.is).toBe("stopped");
    token = "good";
    clock.advance(30_000);
    await settle();
    accept();
    expect(network.socket.take()[0]).toMatchObject({ type: "hello", token: "good" });
    expect(wire.status.is).toBe("catching_up");
  });

  test("that is given as text and good no more stops it until somebody asks", () => {
    const { clock, network, wire, channel, accept, answer } = reading({ token: "mine" });
    accept();
    answer(1);
    network.socket.end(CLOSE_CODES.unauthorized);
    clock.advance(3_600_000);
    expect(network.sockets).toHaveLength(1);
    expect(wire.status).toMatchObject({ is: "stopped" });
    wire.retry();
    accept();
    answer(2);
    expect([wire.status.is, channel.state.seq]).toEqual(["live", 2]);
  });
});

describe("goodbye", () => {
  test("says when to come back; somebody who wakes up before waits, who asks does not", () => {
    const { platform, clock, network, wire, accept } = reading();
    accept();
    network.socket.deliver({ type: "goodbye", reason: "deploy", retry_after: 4000 });
    network.socket.end(CLOSE_CODES.going_away);
    expect(wire.status).toMatchObject({ error: { message: expect.stringContaining("deploy") } });
    clock.advance(3999);
    platform.wake();
    expect(network.sockets).toHaveLength(1);
    clock.advance(1);
    expect(network.sockets).toHaveLength(2);
    network.socket.end(1006);
    platform.wake();
    expect(network.sockets).toHaveLength(3);
    network.socket.end(1006);
    wire.retry();
    expect(network.sockets).toHaveLength(4);
  });
});

describe("a subscription that is refused", () => {
  test("for now is asked for again, later and later", () => {
    const { clock, network, channel, accept, answer } = reading();
    accept();
    network.socket.take();
    const refusal = { type: "error", code: "overloaded", message: "full", channel: "c" } as const;
    for (const [request, wait] of [
      [1, 500],
      [2, 1000],
      [3, 2000],
    ] as const) {
      network.socket.deliver({ ...refusal, request });
      clock.advance(wait - 1);
      expect(network.socket.take()).toEqual([]);
      clock.advance(1);
      expect(network.socket.take()).toMatchObject([{ type: "subscribe", request: request + 1 }]);
    }
    network.socket.deliver({ ...refusal, request: 3 }); // not the latest
    network.socket.deliver(snapshot(4, 1, message("m", "x")));
    expect([channel.status.is, channel.error]).toEqual(["live", undefined]);
    clock.advance(9000);
    expect(network.socket.take()).toEqual([]);
    answer(2);
  });

  test("for good ends that channel, and no other", () => {
    const { network, wire, channel, accept } = reading();
    const other = wire.channel("d");
    other.subscribe(() => undefined);
    accept();
    const refusal = { type: "error", code: "forbidden", message: "no", channel: "c" } as const;
    network.socket.deliver({ ...refusal, request: 1 });
    expect(channel.status).toEqual({ is: "stopped", error: error("forbidden") });
    expect(other.status).toEqual({ is: "catching_up" });
    network.socket.deliver({ ...snapshot(1, 1), channel: "d" });
    expect(wire.status).toEqual({ is: "live" });
    network.socket.end(1006);
    expect(channel.status.is).toBe("stopped");
  });
});
