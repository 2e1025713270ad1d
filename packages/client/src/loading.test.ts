import { SUBPROTOCOLS } from "@deltawire/spec";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { connect } from "./connect.js";
import { http, msgpack } from "./preload.js";
import type { TapEvent } from "./tap.js";
import { FakeNetwork } from "./testing/fake-server.js";

// Here nothing was loaded before: no helper that does it may be imported.
let network: FakeNetwork;
let isLost = false;

vi.mock("@deltawire/protocol/msgpack", async (load) => {
  if (isLost) throw new TypeError("Failed to fetch dynamically imported module");
  return load();
});

beforeEach(() => {
  network = new FakeNetwork();
});
afterEach(() => {
  vi.restoreAllMocks();
});

const poll = (what: () => void) => vi.waitFor(what, { timeout: 20_000, interval: 5 });

test("a codec that cannot be loaded is no reason to stay away: the next connection speaks JSON", async () => {
  isLost = true;
  const wire = connect("ws://host/wire", { WebSocket: network.WebSocket });
  wire.channel("c").subscribe(() => undefined);
  await poll(() => expect(network.sockets).toHaveLength(1));
  const first = network.socket;
  expect(first.offered).toEqual([SUBPROTOCOLS.msgpack, SUBPROTOCOLS.json]);
  first.open(SUBPROTOCOLS.msgpack);
  await poll(() => expect(first.closed).toBeDefined());
  expect(first.take()).toEqual([]);
  expect(wire.status).toMatchObject({ is: "offline", error: { code: "connection_lost" } });
  wire.retry();
  await poll(() => expect(network.sockets).toHaveLength(2));
  expect(network.socket.offered).toEqual([SUBPROTOCOLS.json]);
  network.socket.accept();
  await poll(() => expect(network.socket.take()[0]).toEqual({ type: "hello", version: 1 }));
  await wire.close();
});

test("hello waits for the codec, and says what the client can do", async () => {
  isLost = false;
  vi.spyOn(msgpack, "isMissing", "get").mockReturnValue(false);
  const taken = vi.spyOn(msgpack, "use").mockImplementation(() => undefined);
  const wire = connect("ws://host/wire", { WebSocket: network.WebSocket });
  wire.channel("c").subscribe(() => undefined);
  await poll(() => expect(network.sockets).toHaveLength(1));
  network.socket.open(SUBPROTOCOLS.msgpack);
  expect(network.socket.take()).toEqual([]);
  taken.mock.calls[0]?.[0](await vi.importActual("@deltawire/protocol/msgpack"));
  expect(network.socket.take()).toMatchObject([
    { type: "hello", capabilities: ["deflate", "compact"] },
    { type: "subscribe" },
  ]);
  await wire.close();
});

test("a connection that was given up while its transport was loaded does nothing", async () => {
  expect(http.module).toBeUndefined();
  const fetched = vi.spyOn(globalThis, "fetch").mockRejectedValue(new TypeError("no network"));
  const wire = connect("http://host/wire", { transport: "http" });
  wire.channel("c").subscribe(() => undefined);
  await Promise.resolve();
  await wire.close();
  await http.load();
  expect(fetched).not.toHaveBeenCalled();
  expect(wire.status).toMatchObject({ is: "stopped" });
});

test("a transport that cannot be loaded is a connection that was never made", async () => {
  vi.spyOn(http, "use").mockImplementation((_take, fail) => fail(new TypeError("404")));
  const wire = connect("http://host/wire", { transport: "http" });
  const events: TapEvent[] = [];
  wire.tap((event) => events.push(event));
  wire.channel("c").subscribe(() => undefined);
  await poll(() => expect(wire.status.is).toBe("offline"));
  expect(events).toMatchObject([{ type: "lost", connection: 1, transport: "http", code: 1006 }]);
  await wire.close();
});
