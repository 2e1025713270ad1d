import { DeltawireError as Same } from "@deltawire/spec";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import * as writer from "./index.js";
import * as reader from "./reader.js";
import { FakeNetwork } from "./testing/fake-server.js";
import { append, changes, message, snapshot } from "./testing/frames.js";
import { turn } from "./testing/open-wire.js";

let network: FakeNetwork;

beforeEach(() => {
  vi.useFakeTimers();
  network = new FakeNetwork();
});
afterEach(() => {
  vi.useRealTimers();
});

const open = () => reader.connect("ws://host/wire", { WebSocket: network.WebSocket });

// Before any other: nothing is loaded yet.
test("commands wait for the code that sends them, and go as they were asked for, in order", async () => {
  const channel = open().channel("c");
  channel.subscribe(() => undefined);
  await turn();
  network.socket.accept();
  network.socket.take();
  vi.useRealTimers();
  const value = { text: "first" };
  const answers = [
    channel.command("prompt", value, { id: "1" }),
    channel.command("prompt", { text: "second" }, { id: "2" }),
    channel.command("prompt", { text: "never" }, { signal: AbortSignal.abort(new Error("no")) }),
  ];
  value.text = "changed";
  expect(network.socket.take()).toEqual([]);
  await expect(answers[2]).rejects.toThrow("no");
  expect(network.socket.take()).toMatchObject([
    { id: "1", value: { text: "first" } },
    { id: "2", value: { text: "second" } },
  ]);
  network.socket.deliver({ type: "command_result", channel: "c", id: "2", status: "done" });
  expect(await answers[1]).toBeUndefined();
});

test("reads a channel, asks for what its writer does, and closes", async () => {
  const wire = open();
  const channel = wire.channel("c", { last: 5 });
  const listener = vi.fn();
  channel.subscribe(listener);
  await turn();
  network.socket.accept();
  expect(network.socket.take()[1]).toMatchObject({ type: "subscribe", channel: "c", last: 5 });
  network.socket.deliver(snapshot(1, 1, message("m", "Hello")), changes(1, append("m", 5, " you")));
  await vi.advanceTimersByTimeAsync(20);
  expect(listener).toHaveBeenCalled();
  expect(channel.state.message("m")?.text).toBe("Hello you");
  expect(wire.status).toEqual({ is: "live" });

  const asked = channel.command("stop", undefined, { id: "1" });
  await turn();
  expect(network.socket.take()).toMatchObject([{ type: "command", id: "1", name: "stop" }]);
  network.socket.deliver({ type: "command_result", channel: "c", id: "1", status: "done" });
  expect(await asked).toBeUndefined();

  await wire.close();
  expect(network.socket.closed).toEqual({ code: 1000 });
  expect(channel.status).toMatchObject({ is: "stopped", error: { code: "closed" } });
});

test("changes are read one by one: what adds them up is loaded first", async () => {
  const channel = open().channel("c");
  const feed = channel.changes();
  await turn();
  network.socket.accept();
  network.socket.deliver(snapshot(1, 1, message("m", "Hello")));
  vi.useRealTimers();
  expect((await feed.next()).value).toMatchObject({ type: "reset", reason: "initial" });
  network.socket.deliver(changes(1, append("m", 5, " you")), changes(2, append("m", 9, "!")));
  const { value } = await feed.next();
  expect(value).toMatchObject({ type: "changes", changes: [append("m", 5, " you!")] });
  await feed.return?.();
  await reader.preload();
});

test("what only concerns who writes is left alone", async () => {
  const channel = open().channel("c");
  channel.subscribe(() => undefined);
  await turn();
  network.socket.accept();
  network.socket.take();
  network.socket.deliver(
    snapshot(1, 1, message("m", "Hello")),
    { type: "producing", channel: "c", producer: "p", epoch: "e", seq: 0, token: 1 },
    { type: "ack", channel: "c", seq: 1 },
    { type: "command", channel: "c", id: "1", name: "stop" },
    { type: "error", channel: "c", code: "forbidden", message: "not you" },
  );
  await turn();
  expect(network.socket.take()).toEqual([]);
  expect(channel.status).toEqual({ is: "live" });
});

test("a channel to write is one to read, and both entries have the same classes", () => {
  const wire: reader.ReadWire = writer.connect("ws://host/wire");
  const channel: reader.ReadChannel = wire.channel("c");
  expect(channel).toHaveProperty("write");
  expect(open().channel("c")).not.toHaveProperty("write");
  expect(reader.DeltawireError).toBe(Same);
  expect(reader.ChannelState).toBe(writer.ChannelState);
});
