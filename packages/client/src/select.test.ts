import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { select } from "./select.js";
import { FakeNetwork } from "./testing/fake-server.js";
import { append, changes, message, snapshot } from "./testing/frames.js";
import { openWire, readChannel, turn } from "./testing/open-wire.js";

let network: FakeNetwork;

beforeEach(() => {
  vi.useFakeTimers();
  network = new FakeNetwork();
});
afterEach(() => vi.useRealTimers());

/** A channel with the messages "a" and "b", read by somebody else. */
async function two() {
  const reading = await readChannel(network);
  reading.socket.deliver(snapshot(1, 3, message("a", "A"), message("b", "B")));
  await turn();
  return reading;
}

describe("what is read", () => {
  test("is one object until it changes, whether anybody subscribes or not", async () => {
    const { channel, socket } = await two();
    const selection = select(channel, ({ state }) => state.messages.map(({ id }) => id));
    const before = selection.get();
    expect(before).toEqual(["a", "b"]);
    expect(selection.get()).toBe(before);
    const stop = selection.subscribe(() => undefined);
    expect(selection.get()).toBe(before);
    stop();
    socket.deliver(changes(3, { type: "message_removed", id: "a" }));
    expect(selection.get()).toEqual(["b"]);
  });

  test("stays where the result is equal", async () => {
    const { channel, socket } = await two();
    const isEqual = (one: readonly string[], other: readonly string[]) => `${one}` === `${other}`;
    const selection = select(channel, ({ state }) => state.messages.map(({ id }) => id), isEqual);
    const before = selection.get();
    socket.deliver(changes(3, append("a", 1, "A")));
    expect(selection.get()).toBe(before);
  });

  test("may be undefined, the status or the error", async () => {
    const channel = openWire(network).channel("c");
    const none = select(channel, ({ state }) => state.message("none"));
    expect(none.get()).toBeUndefined();
    const status = select(channel, (it) => it.status.is);
    expect(status.get()).toBe("idle");
    const stop = status.subscribe(() => undefined);
    expect(status.get()).toBe("catching_up");
    stop();
    expect(status.get()).toBe("idle");
  });

  test("does not move between two notifications while somebody subscribes", async () => {
    const { channel, socket } = await two();
    const selection = select(channel, ({ state }) => state.message("a")?.text);
    const seen: unknown[] = [];
    selection.subscribe(() => seen.push(selection.get()));
    socket.deliver(changes(3, append("a", 1, "1")));
    socket.deliver(changes(4, append("a", 2, "2")));
    expect(selection.get()).toBe("A");
    await turn();
    expect(seen).toEqual(["A12"]);
    expect(selection.get()).toBe("A12");
  });
});

describe("listeners", () => {
  test("run only when what is read has changed", async () => {
    const { channel, socket } = await two();
    const listener = vi.fn();
    select(channel, ({ state }) => state.message("b")).subscribe(listener);
    await turn();
    listener.mockClear();
    socket.deliver(changes(3, append("a", 1, "!")));
    await turn();
    expect(listener).not.toHaveBeenCalled();
    socket.deliver(changes(4, append("b", 1, "!")));
    await turn();
    expect(listener).toHaveBeenCalledTimes(1);
  });

  test("open the channel, and close it after the last; twice is once", async () => {
    const channel = openWire(network).channel("c");
    const selection = select(channel, ({ state }) => state.seq);
    const listener = vi.fn();
    const one = selection.subscribe(listener);
    const other = selection.subscribe(listener);
    await turn();
    network.socket.accept();
    network.socket.deliver(snapshot(1, 3, message("m", "Hi")));
    await turn();
    expect(listener).toHaveBeenCalledTimes(2);
    one();
    one();
    expect(channel.status).toEqual({ is: "live" });
    other();
    expect(channel.status).toEqual({ is: "idle" });
    selection.subscribe(listener)();
    expect(channel.status).toEqual({ is: "idle" });
  });

  test("that an earlier one has stopped do not run any more", async () => {
    const { channel, socket } = await two();
    const selection = select(channel, ({ state }) => state.seq);
    const later = vi.fn();
    selection.subscribe(() => stop());
    const stop = selection.subscribe(later);
    socket.deliver(changes(3, append("a", 1, "!")));
    await turn();
    expect(later).not.toHaveBeenCalled();
  });
});
