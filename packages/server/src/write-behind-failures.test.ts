import { describe, expect, test } from "vitest";
import { added, append, completed, digest } from "./testing/changes.js";
import { SavingServer } from "./testing/saving-server.js";

describe("a store that fails", () => {
  test("is tried again, less and less often, and nothing is lost; it is told of once", async () => {
    const server = new SavingServer();
    server.write("c", added("m"), added("n"), completed("n", digest("")));
    server.memory.faults.isDown = true;
    for (let i = 0; i < 300; i += 1) {
      server.write("c", append("m", i, "x"));
      await server.pass(100, 100);
    }
    expect(server.times.length).toBeLessThan(12);
    const [last = 0, before = 0] = [...server.times].reverse();
    expect(last - before).toBeGreaterThan(5000);
    expect(server.onFailing).toHaveBeenCalledOnce();
    expect([server.writeBehind.isFailing, server.onRecovered.mock.calls]).toEqual([true, []]);
    server.memory.faults.isDown = false;
    await server.pass(12_000, 100);
    expect(server.onRecovered).toHaveBeenCalledOnce();
    expect(await server.stored()).toBe(true);
    const tries = server.times.length;
    server.memory.faults.next("save", "refused");
    server.write("c", append("m", 0, "y"));
    await server.pass(410);
    expect(server.times).toHaveLength(tries + 2); // as often as at first
  });

  test("gets few channels at a time after it, and more and more again", async () => {
    const server = new SavingServer();
    server.memory.faults.next("save", "refused");
    for (let i = 0; i < 600; i += 1) server.write(`c${i}`, added("m"));
    await server.pass(500);
    expect(server.saves.map((saves) => saves.length)).toEqual([256, 128, 256, 216]);
  });

  test("and may have saved all the same: what was in it is saved once more, whole", async () => {
    const server = new SavingServer();
    server.write("c", added("m", "x".repeat(1000)));
    await server.pass(200);
    server.memory.faults.next("save", "unclear");
    server.write("c", append("m", 1000, "y"));
    await server.pass(200);
    server.write("c", append("m", 1001, "z"));
    await server.pass(400);
    expect(server.saves.map(([save]) => save?.messages[0]?.type)).toEqual([
      "whole",
      "patch",
      "whole",
    ]);
    expect(await server.stored()).toBe(true);
  });

  test("for one channel only keeps no other waiting for long", async () => {
    const server = new SavingServer();
    server.refused.add("bad");
    for (const name of ["a", "b", "bad", "c", "d"]) server.write(name, added("m"));
    await server.pass(5000);
    for (const name of ["a", "b", "c", "d"]) expect(await server.stored(name)).toBe(true);
    const told = server.onFailing.mock.calls.length;
    const from = server.saves.length;
    for (let i = 0; i < 600; i += 1) {
      server.write("a", append("m", 0, "x"));
      await server.pass(100, 100);
    }
    const release = server.memory.faults.hold();
    server.write("a", append("m", 0, "x"));
    await server.pass(200);
    server.write("b", append("m", 0, "x"));
    await server.pass(12_000, 100); // both are due, and have to wait
    release();
    await server.pass(1000);
    const bad = server.saves.slice(from).filter((all) => all.some((one) => one.channel === "bad"));
    expect(new Set(bad.map((saves) => saves.length))).toEqual(new Set([1])); // by itself
    await server.pass(600);
    expect(await server.stored("a")).toBe(true);
    expect(server.onFailing.mock.calls).toHaveLength(told); // not again and again
    server.refused.clear();
    await server.pass(12_000, 100);
    expect(await server.stored("bad")).toBe(true);
  });

  test("that does not answer is told of", async () => {
    const server = new SavingServer();
    server.write("c", added("m"));
    const release = server.memory.faults.hold();
    await server.pass(200);
    await server.pass(30_000, 1000);
    expect(server.onFailing.mock.calls).toEqual([[expect.objectContaining({ code: "timeout" })]]);
    release();
    await server.pass(1);
    expect(server.onRecovered).toHaveBeenCalledOnce();
    expect(server.clock.pending).toBe(0);
  });

  test("a conflict is told to its channel, and saved whole until it is there", async () => {
    const server = new SavingServer();
    server.write("c", added("m", "x".repeat(1000)));
    await server.pass(200);
    await server.memory.save([
      { channel: "c", epoch: "e", seq: 3, attributes: {}, messages: [], removed: ["m"] },
    ]); // by another server that is ahead
    server.write("c", append("m", 0, "a"));
    server.write("d", added("m"));
    await server.pass(500);
    expect(server.answers).toEqual([
      ["c", "saved"],
      ["c", "conflict"],
      ["d", "saved"],
      ["c", "conflict"],
    ]);
    server.write("c", append("m", 0, "b"));
    server.write("c", append("m", 0, "c"));
    await server.pass(2000);
    expect(server.answers.at(-1)).toEqual(["c", "saved"]);
    expect(await server.stored()).toBe(true);
  });
});
