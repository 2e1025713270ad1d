import { afterEach, expect, test, vi } from "vitest";
import { systemPlatform } from "./platform.js";

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
