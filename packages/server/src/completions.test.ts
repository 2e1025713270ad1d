import { describe, expect, test, vi } from "vitest";
import type { Ended } from "./engine/entry.js";
import { CompletingServer as Fixture, messageOf } from "./testing/completing-server.js";

const ids = (ended: readonly Ended[]) => ended.map(({ id }) => id);

describe("listeners to message_completed", () => {
  test("are called about each message, in order, with a key, in a turn of their own", async () => {
    const server = new Fixture("c");
    server.end("c", "a");
    server.end("c", "b", 2);
    expect(server.events).toEqual([]);
    await server.pass(0);
    await server.pass(0);
    expect(server.events).toEqual([
      { channel: "c", message: messageOf("a"), key: '["c","a",0]' },
      { channel: "c", message: messageOf("b", 2), key: '["c","b",2]' },
    ]);
    expect(server.done).toEqual([
      { id: "a", generation: 0 },
      { id: "b", generation: 2 },
    ]);
    server.completions.look("c"); // still pending, until the log has it
    await server.pass(100);
    expect(server.events).toHaveLength(2);
  });

  test("L39: are called about what was pending when the server took the channel over", async () => {
    const server = new Fixture();
    server.pending.set("c", new Map(Object.entries({ a: 0, b: 1, gone: 0, anew: 0 })));
    server.messages.set("a", messageOf("a")).set("b", messageOf("b", 1));
    server.messages.set("anew", messageOf("anew", 1));
    server.keep("c");
    for (let i = 0; i < 5; i += 1) await server.pass(0);
    expect(server.told).toEqual(["a", "b"]);
    // There is nothing left to tell of the others.
    expect(ids(server.done)).toEqual(["a", "b", "gone", "anew"]);
  });

  test("L38: not before the store has the message, nor that of a later one first", async () => {
    const server = new Fixture("c", "d");
    server.unsaved.add("a");
    server.end("c", "a");
    server.end("c", "b");
    server.end("d", "other");
    await server.pass(1000);
    expect(server.told).toEqual(["other"]);
    server.unsaved.clear();
    server.completions.look("c");
    await server.pass(1000);
    expect(server.told).toEqual(["other", "a", "b"]);
  });

  test("one message at a time in a channel; one that hangs keeps no other channel", async () => {
    const server = new Fixture("c", "d");
    let release: () => void = () => undefined;
    server.listeners.add(({ message }) => {
      if (message.id !== "a") return undefined;
      return new Promise<void>((resolve) => {
        release = resolve;
      });
    });
    server.end("c", "a");
    server.end("c", "b");
    server.end("d", "other");
    await server.pass(59_000);
    expect([server.told, ids(server.done)]).toEqual([["a", "other"], ["other"]]);
    expect(server.report).not.toHaveBeenCalled();
    await server.pass(600_000);
    expect(server.report.mock.calls).toEqual([
      [expect.objectContaining({ code: "timeout", channel: "c" })],
    ]);
    release();
    await server.pass(0);
    await server.pass(0);
    expect(ids(server.done)).toEqual(["other", "a", "b"]);
  });

  test("that fail are reported and called again, later and later; others are not", async () => {
    const server = new Fixture("c");
    const times: number[] = [];
    server.listeners.add(async () => {
      times.push(server.clock.now());
      if (times.length < 10) throw new Error(`attempt ${times.length}`);
    });
    server.end("c", "a");
    server.end("c", "b");
    await server.pass(400_000);
    const waits = times.slice(1, 10).map((time, i) => (time - (times[i] ?? 0)) / 1000);
    expect(waits).toEqual([1, 2, 4, 8, 16, 32, 60, 60, 60]);
    expect(server.report).toHaveBeenCalledTimes(9);
    expect([server.told, ids(server.done)]).toEqual([
      ["a", "b"],
      ["a", "b"],
    ]);
  });

  test("that throw are as those that reject", async () => {
    const server = new Fixture("c");
    const error = new Error("at once");
    const throwing = vi.fn((): void => {
      throw error;
    });
    server.listeners.add(throwing);
    server.end("c", "a");
    await server.pass(0);
    expect([server.report.mock.calls, server.done]).toEqual([[[error]], []]);
    server.listeners.delete(throwing);
    await server.pass(1000);
    expect(ids(server.done)).toEqual(["a"]);
    expect(throwing).toHaveBeenCalledOnce();
    server.listeners.add(throwing);
    server.end("c", "b");
    await server.pass(0);
    server.listeners.delete(throwing);
    await server.pass(1000); // as soon as at first
    expect(ids(server.done)).toEqual(["a", "b"]);
  });

  test("are called once about an end that is told of twice, and in the order of what is pending", async () => {
    const server = new Fixture("c");
    server.messages.set("a", messageOf("a"));
    server.pending.get("c")?.set("a", 0);
    server.end("c", "b");
    await server.pass(1000);
    server.end("c", "b");
    await server.pass(1000);
    expect(server.told).toEqual(["a", "b"]);
  });

  test("hear of a message that was removed, or begun anew, before they were called", async () => {
    const server = new Fixture("c");
    server.unsaved.add("a");
    server.end("c", "a");
    server.end("c", "b");
    server.end("c", "b", 1);
    server.messages.delete("a");
    server.pending.get("c")?.delete("a");
    server.unsaved.clear();
    server.completions.look("c");
    for (let i = 0; i < 4; i += 1) await server.pass(0);
    expect(server.events.map(({ key }) => JSON.parse(key).slice(1))).toEqual([
      ["a", 0],
      ["b", 0],
      ["b", 1],
    ]);
  });

  test("hear of all messages where more end than are remembered", async () => {
    const server = new Fixture("c");
    server.unsaved.add("m0");
    for (let i = 0; i < 3000; i += 1) server.end("c", `m${i}`);
    server.unsaved.clear();
    server.completions.look("c");
    for (let i = 0; i < 3100; i += 1) await server.pass(0);
    expect(server.told).toEqual(Array.from({ length: 3000 }, (_, i) => `m${i}`));
  });
});

describe("a channel that goes to another server", () => {
  test("has nobody called any more, and what runs is told of when it is done", async () => {
    const server = new Fixture("c");
    let release: () => void = () => undefined;
    server.listeners.add(
      () =>
        new Promise<void>((resolve) => {
          release = resolve;
        }),
    );
    server.end("c", "a");
    server.end("c", "b");
    await server.pass(0);
    const stopped = vi.fn();
    void server.completions.stop("c").then(stopped);
    server.end("c", "d");
    await server.pass(5000);
    expect([server.told, stopped.mock.calls]).toEqual([["a"], []]);
    release();
    await server.pass(5000);
    expect([server.told, ids(server.done)]).toEqual([["a"], ["a"]]);
    expect(stopped).toHaveBeenCalledOnce();
  });

  test("and comes back is gone on with after that", async () => {
    const server = new Fixture("c");
    let running = 0;
    let release: () => void = () => undefined;
    server.listeners.add(async ({ message }) => {
      running += 1;
      expect(running).toBe(1);
      if (message.id === "a") {
        await new Promise<void>((resolve) => {
          release = resolve;
        });
      }
      running -= 1;
    });
    server.end("c", "a");
    server.end("c", "b");
    await server.pass(0);
    void server.completions.stop("c");
    server.pending.get("c")?.delete("a");
    server.keep("c");
    await server.pass(5000);
    expect(server.told).toEqual(["a"]);
    release();
    await server.pass(5000);
    expect([server.told, running]).toEqual([["a", "b"], 0]);
    expect(server.report).not.toHaveBeenCalled();
  });

  test("is not tried again after a failure; close leaves all of them", async () => {
    const server = new Fixture("c", "d");
    server.listeners.add(() => Promise.reject(new Error("no")));
    server.end("c", "a");
    server.end("d", "b");
    await server.pass(0);
    await server.completions.close();
    await server.pass(100_000);
    expect([server.told, server.done, server.clock.pending]).toEqual([["a", "b"], [], 0]);
  });
});

describe("a channel without a log", () => {
  test("has each listener called once, in a turn of its own, whatever the others do", async () => {
    const server = new Fixture();
    const errors = [new Error("thrown"), new Error("rejected")];
    server.listeners.add(() => {
      throw errors[0];
    });
    server.listeners.add(() => Promise.reject(errors[1]));
    const last = vi.fn();
    server.listeners.add(last);
    server.completions.announce("c", messageOf("a"));
    expect(server.events).toEqual([]);
    await server.pass(100_000);
    expect(server.events).toEqual([{ channel: "c", message: messageOf("a"), key: '["c","a",0]' }]);
    expect(server.report.mock.calls.flat()).toEqual(errors);
    expect(last).toHaveBeenCalledOnce();
  });
});
