import { describe, expect, test, vi } from "vitest";
import { added, append, completed, digest } from "./testing/changes.js";
import { SavingServer, settle } from "./testing/saving-server.js";

describe("when it is saved", () => {
  test("1,000 tokens in 10 s: at most 50 writes and a final one, and one read", async () => {
    const server = new SavingServer();
    await server.store.load("c");
    server.write("c", added("m"));
    for (let i = 0; i < 1000; i += 1) {
      server.write("c", append("m", 4 * i, "word"));
      await server.pass(10, 10);
    }
    expect(server.saves.length).toBeLessThanOrEqual(50);
    expect(server.saves.length).toBeGreaterThan(40);
    const written = server.saves.length;
    server.write("c", completed("m", digest("word".repeat(1000))));
    await server.pass(1000);
    expect([server.saves.length - written, server.loads]).toEqual([1, 1]);
    expect(await server.stored()).toBe(true);
  });

  test("L10: the last change is saved within 200 ms, with nothing after it", async () => {
    const server = new SavingServer();
    server.write("c", added("m"));
    await server.pass(200);
    server.write("c", append("m", 0, "a"));
    await server.pass(150);
    server.write("c", append("m", 1, "b"));
    await server.pass(50);
    expect(server.times).toEqual([200, 400]);
    expect(await server.stored()).toBe(true);
    await server.pass(5000);
    expect(server.saves).toHaveLength(2);
  });

  test("L10: what changes while a save is on its way is saved after it", async () => {
    const server = new SavingServer();
    server.write("c", added("m"));
    const release = server.memory.faults.hold();
    await server.pass(200);
    server.write("c", append("m", 0, "a"));
    server.write("d", added("m"), completed("m", digest("")));
    await server.pass(1000);
    expect(server.saves).toHaveLength(1); // one at a time
    release();
    await server.pass(200);
    expect(server.saves).toHaveLength(2);
    expect(await server.stored()).toBe(true);
  });

  test("L11, L12: what ends is saved at once, with the rest of its channel", async () => {
    const server = new SavingServer();
    server.write("c", added("m"));
    await server.pass(200);
    server.write("c", append("m", 0, "last words"));
    server.write("c", completed("m", digest("last words")));
    server.write("d", added("n"), completed("n", digest("")));
    server.write("e", added("o"));
    await server.pass(1);
    expect(server.saves.slice(1).map((saves) => saves.map(({ channel }) => channel))).toEqual([
      ["c", "d"],
    ]);
    expect(await server.stored()).toBe(true);
    await server.pass(199);
    expect(server.saves.slice(2)).toHaveLength(1);
    expect(await server.stored("e")).toBe(true);
  });

  test("all channels that have changed go together, up to a size", async () => {
    const server = new SavingServer();
    for (let i = 0; i < 600; i += 1) server.write(`c${i}`, added("m"));
    for (let i = 0; i < 3; i += 1) server.write(`big${i}`, added("m", "x".repeat(5 << 20)));
    await server.pass(210);
    expect(server.saves.map((saves) => saves.length)).toEqual([256, 256, 90, 1]);
    for (const name of server.channels.keys()) await server.stored(name);
  });

  test("L36: a token in a channel of 17 MB is a save of a few hundred bytes", async () => {
    const server = new SavingServer();
    server.write("c", added("m", "x".repeat(17 << 20)), added("n"));
    await server.pass(200);
    server.write("c", append("m", 17 << 20, "token"), append("n", 0, "token"));
    await server.pass(200);
    expect(JSON.stringify(server.saves.at(-1)).length).toBeLessThan(600);
  });
});

describe("flush", () => {
  test("saves at once, and resolves when the store has it", async () => {
    const server = new SavingServer();
    server.write("c", added("m"));
    server.write("d", added("m"));
    const release = server.memory.faults.hold();
    const flushed = vi.fn();
    void server.writeBehind.flush("c").then(flushed);
    await settle();
    expect([server.saves.length, flushed.mock.calls.length]).toEqual([1, 0]);
    server.write("c", append("m", 0, "x"));
    release();
    await settle();
    expect(flushed).toHaveBeenCalledWith(true);
    expect(await server.stored()).toBe(true);
    expect(server.saves.map((saves) => saves.map(({ channel }) => channel))).toEqual([
      ["c"],
      ["c"],
    ]);
    expect(await server.writeBehind.flush()).toBe(true);
    expect(await server.stored("d")).toBe(true);
    expect(await server.writeBehind.flush("nobody")).toBe(true);
  });

  test("tries a store that is down, until it is up or time is over", async () => {
    const server = new SavingServer();
    server.memory.faults.isDown = true;
    server.write("c", added("m"));
    const flushed = vi.fn();
    void server.writeBehind.flush(undefined, 1000).then(flushed);
    await server.pass(999);
    expect(flushed).not.toHaveBeenCalled();
    await server.pass(1);
    expect(flushed).toHaveBeenCalledWith(false);
    const again = server.writeBehind.flush(undefined, 1000);
    server.memory.faults.isDown = false;
    await server.pass(1000);
    expect(await again).toBe(true);
  });

  test("after it was closed nothing is saved, and nothing is waited for", async () => {
    const server = new SavingServer();
    server.memory.faults.isDown = true;
    server.write("c", added("m"));
    const flushed = server.writeBehind.flush();
    await settle();
    server.writeBehind.close();
    expect([await flushed, server.clock.pending]).toEqual([false, 0]);
    server.write("c", append("m", 0, "x"));
    expect(server.writeBehind.pending).toBe(0);
  });

  test("a channel that is kept anew while it is saved is saved to its end", async () => {
    const server = new SavingServer();
    server.write("c", added("m"));
    const release = server.memory.faults.hold();
    await server.pass(200);
    server.writeBehind.drop("c");
    for (const channel of server.channels.values()) server.bring(channel);
    server.write("c", append("m", 0, "x"));
    await server.pass(1000);
    release();
    await server.pass(400);
    expect(await server.stored()).toBe(true);
  });
});
