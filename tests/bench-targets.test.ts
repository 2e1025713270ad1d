import { expect, test } from "vitest";
import { measureTargets } from "../bench/targets/targets.js";

// That the benchmark still measures what it says, over sockets and processes; times are not judged.

test("the targets are measured, every message reaches every client, and answers stay small", async () => {
  const rows = await measureTargets("smallest");
  for (const [name, { value, target, isAtLeast, holds, details }] of Object.entries(rows)) {
    for (const figure of [value, ...Object.values(details)]) expect(figure, name).not.toBeNaN();
    expect(holds, name).toBe(isAtLeast ? value >= target : value <= target);
  }
  expect(Object.keys(rows)).toEqual(
    expect.arrayContaining(["connect-20-spread", "connect-20-burst", "broadcast-20", "memory-20"]),
  );
  // To 20 clients for the memory, to one for the payloads, thrice to 20, and to 100.
  const due = 20 + 1 + 3 * 20 + 100;
  expect(rows.delivery).toMatchObject({ value: 100, details: { equal: due, due } });
  const { "bytes-1000": bytes, "payload-smaller": smaller } = rows;
  const { value = 0, details: { text = 0, "everything with each token": resent = 0 } = {} } =
    bytes ?? {};
  expect(text).toBeGreaterThan(4);
  expect(value).toBeGreaterThan(text);
  expect(value).toBeLessThan(2 * text);
  expect(resent).toBeGreaterThan(100 * value);
  expect(smaller?.holds).toBe(true);
});
