import { DeltawireError } from "@deltawire/spec";
import { describe, expect, it, vi } from "vitest";
import { changes, plain, snapshot, splice, subscribed } from "./testing/frames.js";
import { five, setUp } from "./testing/reading.js";

const lost = new DeltawireError("connection_lost", "gone");

describe("opening and closing", () => {
  it("opens for the first who reads and closes after the last, listener or feed", async () => {
    const { reader, host } = setUp();
    expect(reader.isOpen).toBe(false);
    const stop = reader.subscribe(vi.fn());
    const feed = reader.changes();
    const stopOther = reader.subscribe(vi.fn());
    expect(host.open).toHaveBeenCalledTimes(1);
    stop();
    stop();
    stopOther();
    expect([reader.isOpen, host.close.mock.calls.length]).toEqual([true, 0]);
    await feed.return?.();
    await feed.return?.();
    expect([reader.isOpen, host.close.mock.calls.length]).toEqual([false, 1]);
    reader.subscribe(vi.fn());
    expect(host.open).toHaveBeenCalledTimes(2);
  });

  it("is open already when the host is told so", () => {
    const { reader, host } = setUp();
    const seen: boolean[] = [];
    host.open.mockImplementation(() => seen.push(reader.isOpen));
    host.close.mockImplementation(() => seen.push(reader.isOpen));
    reader.subscribe(vi.fn())();
    expect(seen).toEqual([true, false]);
  });

  it("counts a function that subscribes twice as two", () => {
    const { reader, host, start, append, flush } = setUp();
    const listener = vi.fn();
    const stop = reader.subscribe(listener);
    reader.subscribe(listener);
    start();
    expect(listener).toHaveBeenCalledTimes(2);
    stop();
    append("!");
    flush();
    expect(listener).toHaveBeenCalledTimes(3);
    expect(host.close).not.toHaveBeenCalled();
  });

  it("keeps the state when nobody reads, and joins from it", () => {
    const { reader, start } = setUp();
    const stop = reader.subscribe(vi.fn());
    start();
    stop();
    expect(plain(reader.state)).toEqual(plain(five));
    expect(reader.join()).toMatchObject({ epoch: "e", seq: 5 });
  });
});

describe("once nobody reads", () => {
  it("forgets the state where it is told to, and only then", () => {
    const { reader, start } = setUp();
    const stop = reader.subscribe(vi.fn());
    start();
    reader.forget();
    expect([plain(reader.state), reader.isLive]).toEqual([plain(five), true]);
    stop();
    reader.forget();
    expect(reader.state.messages).toEqual([]);
    reader.subscribe(vi.fn());
    const { request } = reader.join();
    expect(reader.join()).toEqual({ type: "subscribe", channel: "c", request: request + 1 });
  });

  it("ignores what still comes, and asks for nothing", () => {
    const { reader, host, start, append } = setUp();
    const stop = reader.subscribe(vi.fn());
    start();
    stop();
    append("!");
    reader.receive(changes(8, 9));
    expect(plain(reader.state)).toEqual(plain(five));
    expect(host.send).not.toHaveBeenCalled();
    expect(reader.isLive).toBe(false);
  });

  it("L30: goes on from the answer to the next join only", () => {
    const { reader, start } = setUp();
    reader.subscribe(vi.fn())();
    const stop = reader.subscribe(vi.fn());
    start();
    stop();
    reader.subscribe(vi.fn());
    const { request } = reader.join();
    reader.receive(changes(5, 6, splice("m", 0, 0, "late ")));
    expect(reader.state.seq).toBe(5);
    reader.receive(subscribed(request, "current"));
    expect(reader.isLive).toBe(true);
    reader.receive(changes(5, 6, splice("m", 5, 0, "!")));
    expect(reader.state.message("m")?.text).toBe("hello!");
  });
});

describe("state", () => {
  it("is empty and not live before the first snapshot", () => {
    const { reader } = setUp();
    expect([reader.state.seq, reader.state.messages, reader.isLive]).toEqual([0, [], false]);
    expect(reader.state).toBe(reader.state);
  });

  it("sends what repairs a gap, and tells nobody", () => {
    const { reader, host, start } = setUp();
    reader.subscribe(vi.fn());
    start();
    host.notify.mockClear();
    reader.receive(changes(8, 9));
    expect(host.send.mock.calls).toMatchObject([[{ type: "subscribe", request: 2, seq: 5 }]]);
    expect(host.notify).not.toHaveBeenCalled();
    expect([reader.isLive, reader.counts.gaps]).toEqual([false, 1]);
  });

  it("ends with the error of a repair that did not help, and stays what it was", async () => {
    const { reader, host, start } = setUp();
    const listener = vi.fn();
    reader.subscribe(listener);
    const feed = reader.changes();
    start();
    await feed.next();
    const bad = changes(5, 6, splice("m", 99, 0, "!"));
    reader.receive(bad);
    reader.receive(snapshot(2, five));
    reader.receive(bad);
    expect(host.send).toHaveBeenCalledTimes(1);
    expect(reader.error).toMatchObject({ code: "offset_out_of_range", channel: "c" });
    expect(await feed.next()).toMatchObject({ value: { type: "reset" } });
    await expect(feed.next()).rejects.toBe(reader.error);
    expect(plain(reader.state)).toEqual(plain(five));
  });
});

describe("changes", () => {
  it("begin with a reset to the present state, for each feed", async () => {
    const { reader, start, append } = setUp();
    const early = reader.changes();
    start();
    append("!");
    const late = reader.changes();
    append("?");
    const { state } = reader;
    for (const feed of [early, late]) {
      expect(await feed.next()).toEqual({
        done: false,
        value: { type: "reset", reason: "initial", state },
      });
    }
    append(".");
    for (const feed of [early, late]) {
      expect(await feed.next()).toMatchObject({
        value: { type: "changes", changes: [splice("m", 7, 0, ".")], state: { seq: 8 } },
      });
    }
  });

  it("do not wait for the host's notification", async () => {
    const { reader, host, start, append } = setUp();
    start();
    const feed = reader.changes();
    await feed.next();
    append("!");
    expect((await feed.next()).value).toMatchObject({ type: "changes" });
    expect(host.notify).not.toHaveBeenCalled();
  });

  it("are told to who observes: after they are applied, uncomposed, and without a reader", () => {
    const { reader, host, start, append } = setUp();
    const seen: unknown[] = [];
    const observer = (changes: unknown) => seen.push([changes, reader.state.seq]);
    const stop = reader.observe(observer);
    reader.observe(observer)();
    expect(reader.isOpen).toBe(false);
    reader.subscribe(vi.fn());
    start();
    append("!");
    append("?");
    expect(seen).toEqual([
      [undefined, 5],
      [[splice("m", 5, 0, "!")], 6],
      [[splice("m", 6, 0, "?")], 7],
    ]);
    stop();
    append(".");
    expect(seen).toHaveLength(3);
    expect(host.open).toHaveBeenCalledTimes(1);
  });

  it("a loop that breaks closes the reader", async () => {
    const { reader, host, start } = setUp();
    const feed = reader.changes();
    start();
    for await (const _ of feed) break;
    expect(host.close).toHaveBeenCalledTimes(1);
    expect(reader.isOpen).toBe(false);
  });
});

describe("end", () => {
  it("with an error tells listeners and feeds, and keeps the state", async () => {
    const { reader, start, append, flush } = setUp();
    const errors: unknown[] = [];
    start();
    reader.subscribe(() => errors.push(reader.error));
    const feed = reader.changes();
    append("!");
    reader.end(lost);
    flush();
    expect(errors).toEqual([lost]);
    expect(await feed.next()).toMatchObject({ value: { type: "reset", state: { seq: 6 } } });
    await expect(feed.next()).rejects.toBe(lost);
    expect(reader.state.message("m")?.text).toBe("hello!");
  });

  it("with an error holds for who comes later: the state, then the error", async () => {
    const { reader, start } = setUp();
    start();
    reader.end(lost);
    const feed = reader.changes();
    expect((await feed.next()).value).toMatchObject({ type: "reset" });
    await expect(feed.next()).rejects.toBe(lost);
  });

  it("without one ends feeds and leaves no error", async () => {
    const { reader, flush } = setUp();
    const listener = vi.fn();
    reader.subscribe(listener);
    const feed = reader.changes();
    reader.end();
    flush();
    expect(listener).toHaveBeenCalledTimes(1);
    expect(reader.error).toBeUndefined();
    expect(await feed.next()).toEqual({ done: true, value: undefined });
  });

  it("comes once, and releases the channel where only feeds had read it", async () => {
    const { reader, host, start } = setUp();
    start();
    const feed = reader.changes();
    reader.end(lost);
    reader.end();
    expect(reader.error).toBe(lost);
    expect(host.close).toHaveBeenCalledTimes(1);
    expect([reader.isOpen, reader.isLive]).toEqual([false, false]);
    await feed.next();
    await expect(feed.next()).rejects.toBe(lost);
    await feed.return?.();
    expect(host.close).toHaveBeenCalledTimes(1);
  });

  it("is for good: who comes later gets the state and the end, and opens nothing", async () => {
    const { reader, host, start, flush } = setUp();
    start();
    reader.end();
    const feed = reader.changes();
    expect((await feed.next()).value).toMatchObject({ type: "reset", state: { seq: 5 } });
    expect(await feed.next()).toEqual({ done: true, value: undefined });
    const listener = vi.fn();
    reader.subscribe(listener);
    flush();
    expect(host.open).not.toHaveBeenCalled();
    expect(listener).not.toHaveBeenCalled();
  });

  it("leaves the state as it is, though somebody still listens", () => {
    const { reader, start, append } = setUp();
    reader.subscribe(vi.fn());
    start();
    reader.end();
    append("!");
    expect(plain(reader.state)).toEqual(plain(five));
  });

  it("leaves no loop waiting", async () => {
    const { reader, start } = setUp();
    start();
    const seen: string[] = [];
    const loop = (async () => {
      for await (const { type } of reader.changes()) seen.push(type);
    })();
    await Promise.resolve();
    reader.end(lost);
    await expect(loop).rejects.toBe(lost);
    expect(seen).toEqual(["reset"]);
  });
});
