import { afterEach, describe, expect, test, vi } from "vitest";
import { randomId, systemPlatform } from "./platform.js";

afterEach(() => {
  vi.unstubAllGlobals();
  vi.useRealTimers();
});

describe("a notification in a page that is shown", () => {
  /** Animation frames that come when a test says so. */
  function setUp() {
    vi.useFakeTimers();
    const frames = new Map<number, () => void>();
    vi.stubGlobal("document", { hidden: false });
    vi.stubGlobal("requestAnimationFrame", (run: () => void) => {
      frames.set(frames.size + 1, run);
      return frames.size;
    });
    vi.stubGlobal("cancelAnimationFrame", (frame: number) => frames.delete(frame));
    return frames;
  }

  test("comes with the next animation frame, once", () => {
    const frames = setUp();
    const run = vi.fn();
    systemPlatform.notify(run);
    vi.advanceTimersByTime(100);
    expect(run).not.toHaveBeenCalled();
    frames.get(1)?.();
    expect(run).toHaveBeenCalledTimes(1);
    vi.advanceTimersByTime(10_000);
    expect(run).toHaveBeenCalledTimes(1);
  });

  test("comes though the page is hidden before that frame, once", () => {
    const frames = setUp();
    const run = vi.fn();
    systemPlatform.notify(run);
    vi.advanceTimersByTime(1000);
    expect(run).toHaveBeenCalledTimes(1);
    expect(frames.size).toBe(0);
  });
});

test("a notification where nothing is painted waits for no timer", async () => {
  vi.useFakeTimers({ toFake: ["setTimeout"] });
  const run = vi.fn();
  systemPlatform.notify(run);
  expect(run).not.toHaveBeenCalled(); // what else comes in this turn is told along
  await new Promise((turn) => setImmediate(turn));
  expect(run).toHaveBeenCalledTimes(1);
  expect(vi.getTimerCount()).toBe(0);
});

test("L27: a page that is shown or online again wakes up, until that is stopped", () => {
  const page = new EventTarget();
  const document = Object.assign(new EventTarget(), { hidden: false });
  vi.stubGlobal("document", document);
  vi.stubGlobal("addEventListener", page.addEventListener.bind(page));
  vi.stubGlobal("removeEventListener", page.removeEventListener.bind(page));
  const woken = vi.fn();
  const stop = systemPlatform.onWake(woken);
  page.dispatchEvent(new Event("online"));
  expect(woken).toHaveBeenCalledTimes(1);
  document.hidden = true;
  document.dispatchEvent(new Event("visibilitychange"));
  expect(woken).toHaveBeenCalledTimes(1);
  document.hidden = false;
  document.dispatchEvent(new Event("visibilitychange"));
  expect(woken).toHaveBeenCalledTimes(2);
  stop();
  page.dispatchEvent(new Event("online"));
  document.dispatchEvent(new Event("visibilitychange"));
  expect(woken).toHaveBeenCalledTimes(2);
});

test("random numbers are from 0 to below 1, and none is handed out twice", () => {
  const numbers = Array.from({ length: 1000 }, () => systemPlatform.random());
  expect(Math.min(...numbers)).toBeGreaterThanOrEqual(0);
  expect(Math.max(...numbers)).toBeLessThan(1);
  // One pair in a thousand words of 32 bits has a chance of 1 in 8,600; two pairs, none.
  expect(new Set(numbers).size).toBeGreaterThan(998);
  const ids = Array.from({ length: 1000 }, () => randomId(systemPlatform));
  expect(new Set(ids).size).toBe(1000);
});
