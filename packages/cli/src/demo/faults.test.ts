import { describe, expect, it } from "vitest";
import { Faults } from "./faults.js";
import type { Clock } from "./pace.js";

/** A clock that is moved by hand, and wakes whoever is due. */
class HandClock implements Clock {
  #time = 1000;
  #sleepers: { readonly at: number; wake(): void }[] = [];

  get sleeping(): number {
    return this.#sleepers.length;
  }

  now(): number {
    return this.#time;
  }

  sleep(milliseconds: number): Promise<void> {
    return new Promise((wake) => this.#sleepers.push({ at: this.#time + milliseconds, wake }));
  }

  async move(milliseconds: number): Promise<void> {
    this.#time += milliseconds;
    const due = this.#sleepers.filter(({ at }) => at <= this.#time);
    this.#sleepers = this.#sleepers.filter(({ at }) => at > this.#time);
    for (const { wake } of due) wake();
    await Promise.resolve();
  }
}

describe("Faults", () => {
  it("lets everything pass while the network is live", () => {
    const faults = new Faults(new HandClock());
    expect(faults.take("down", 1 << 20)).toBe(1 << 20);
    expect(faults.mayRead("down")).toBe(true);
  });

  it.each(["up", "down"] as const)(
    "lets 2,000 bytes a second pass while it is slow, %s",
    async (direction) => {
      const clock = new HandClock();
      const faults = new Faults(clock);
      faults.set("slow");
      let passed = faults.take(direction, 1 << 20);
      expect(passed).toBe(200);
      faults.onChange(() => {
        passed += faults.take(direction, 1 << 20);
      });
      for (let i = 0; i < 1000; i++) await clock.move(10);
      expect(passed).toBe(200 + 10 * 2000);
      expect(clock.sleeping).toBe(1);
    },
  );

  it("shares what passes slowly among all who wait, and saves nothing up", async () => {
    const clock = new HandClock();
    const faults = new Faults(clock);
    faults.set("slow");
    await clock.move(60_000);
    expect(faults.take("down", 150)).toBe(150);
    expect(faults.take("down", 150)).toBe(50);
    expect(faults.take("down", 150)).toBe(0);
    expect(faults.take("up", 150)).toBe(150);
  });

  it("reads nothing from the server while it is stalled", () => {
    const faults = new Faults(new HandClock());
    faults.set("stalled");
    expect(faults.mayRead("down")).toBe(false);
    expect(faults.take("down", 10)).toBe(0);
    expect(faults.take("up", 10)).toBe(10);
  });

  it("tells of each change, as long as somebody listens", () => {
    const faults = new Faults(new HandClock());
    const seen: string[] = [];
    const stop = faults.onChange(() => seen.push(faults.network));
    faults.set("stalled");
    faults.set("stalled");
    faults.set("live");
    stop();
    faults.set("cut");
    expect(seen).toEqual(["stalled", "live"]);
  });
});
