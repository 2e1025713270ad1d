import { expect, test, vi } from "vitest";
import { OnDemand } from "./on-demand.js";

test("code is loaded once, for all who need it, and is at hand from then on", async () => {
  const load = vi.fn(async () => "code");
  const code = new OnDemand(load);
  const take = vi.fn();
  code.use(take, take);
  code.use(take, take);
  expect(take).not.toHaveBeenCalled();
  expect(await code.load()).toBe("code");
  expect(take.mock.calls).toEqual([["code"], ["code"]]);
  code.use(take, take);
  expect(take).toHaveBeenCalledTimes(3); // at once
  expect(load).toHaveBeenCalledTimes(1);
  expect(code.isMissing).toBe(false);
});

test("what could not be loaded is tried again when somebody asks", async () => {
  const load = vi.fn().mockRejectedValueOnce(new Error("offline")).mockResolvedValue("code");
  const code = new OnDemand(load);
  const fail = vi.fn();
  code.use(() => undefined, fail);
  await expect(code.load()).rejects.toThrow("offline");
  expect(fail).toHaveBeenCalledTimes(1);
  expect(code.isMissing).toBe(true);
  expect(await code.load()).toBe("code");
  expect(code.isMissing).toBe(false);
});
