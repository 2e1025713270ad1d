import { afterEach, expect, test, vi } from "vitest";
import { randomId, systemPlatform } from "./platform.js";

afterEach(() => vi.unstubAllGlobals());

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
