import { DeltawireError } from "@deltawire/server";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { jsonLogger } from "./json-logger.js";
import { StartError } from "./start-error.js";
import { untilThere } from "./waiting.js";

const lines: string[] = [];
const logger = jsonLogger("info", (line) => lines.push(line));
const stop = new AbortController();
const patience = { wait: 10_000, signal: stop.signal, logger };
const refused = Object.assign(new Error("connect ECONNREFUSED 127.0.0.1:6379"), {
  code: "ECONNREFUSED",
});
const redis = (ask: () => Promise<unknown>) => ({ name: "Redis", flag: "--redis", ask });

beforeEach(() => vi.useFakeTimers());
afterEach(() => {
  vi.useRealTimers();
  lines.length = 0;
});

describe("what a server needs", () => {
  test("is waited for, with a line a second", async () => {
    let asked = 0;
    const ask = async () => {
      asked += 1;
      if (asked < 4) throw refused;
    };
    const there = untilThere(redis(ask), patience);
    await vi.advanceTimersByTimeAsync(3000);
    await there;
    expect(lines.map((line) => JSON.parse(line))).toEqual(
      [10, 9, 8].map((seconds) =>
        expect.objectContaining({
          level: "warn",
          msg: "waiting for Redis",
          reason: "connect ECONNREFUSED 127.0.0.1:6379",
          seconds,
        }),
      ),
    );
  });

  test("and does not come in time ends the start", async () => {
    const there = untilThere(
      redis(async () => Promise.reject(refused)),
      patience,
    );
    const failed = expect(there).rejects.toThrow(
      new StartError(
        "Redis does not take us within 10 s: connect ECONNREFUSED 127.0.0.1:6379; see --redis",
      ),
    );
    await vi.advanceTimersByTimeAsync(11_000);
    await failed;
  });

  test.each([
    [Object.assign(new Error("password authentication failed"), { code: "28P01" })],
    [Object.assign(new Error('database "x" does not exist'), { code: "3D000" })],
    [new Error("WRONGPASS invalid username-password pair or user is disabled.")],
    [new DeltawireError("forbidden", "the data folder /d cannot be written by this user")],
    [new Error("unreachable", { cause: new Error("NOAUTH Authentication required.") })],
  ])("and refuses for good is not waited for: %s", async (error) => {
    await expect(
      untilThere(
        redis(async () => Promise.reject(error)),
        patience,
      ),
    ).rejects.toThrow(/^Redis does not take us: .*; see --redis$/);
    expect(lines).toEqual([]);
  });

  test("is not waited for any longer when a signal comes", async () => {
    const asked = new AbortController();
    const there = untilThere(
      redis(async () => Promise.reject(refused)),
      {
        ...patience,
        signal: asked.signal,
      },
    );
    await vi.advanceTimersByTimeAsync(1500);
    asked.abort("SIGTERM");
    expect(await there).toBe(false);
    const later = new AbortController();
    const { signal } = later;
    const never = untilThere(
      redis(() => new Promise(() => undefined)),
      { ...patience, signal },
    );
    later.abort("SIGTERM");
    expect(await never).toBe(false);
  });

  test("at a name of two addresses says why in the end", async () => {
    const error = new AggregateError([refused], "");
    const there = untilThere(
      redis(async () => Promise.reject(error)),
      { ...patience, wait: 1 },
    );
    const failed = expect(there).rejects.toThrow("within 0.001 s: connect ECONNREFUSED");
    await vi.advanceTimersByTimeAsync(1);
    await failed;
  });
});
