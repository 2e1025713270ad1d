import { expect, test } from "vitest";
import { measureTargets } from "../bench/targets/targets.js";

// That the benchmark still measures what it says, over sockets and processes; times are not judged.

test("the targets are measured, every message reaches every client, and answers stay small", async () => {
  const rows = await measureTargets("smallest");
  for (const [name, { value, target, isAtLeast, holds }] of Object.entries(rows)) {
    expect(value, name).toBeGreaterThan(0);
    expect(holds, name).toBe(isAtLeast ? value >= target : value <= target);
  }
  const { delivery, "bytes-1000": bytes, "payload-smaller": smaller } = rows;
  const sent = 1 + 20 + 4 * 20 + 100; // one message each: payloads, memory; four to 20, one to 100
  expect(delivery).toMatchObject({ value: 100, details: { equal: delivery?.details.due } });
  expect(delivery?.details.due).toBeGreaterThan(0.5 * sent);
  const { value = 0, details } = bytes ?? {};
  expect(value).toBeGreaterThan(details?.text ?? Number.NaN);
  expect(value).toBeLessThan(2 * (details?.text ?? 0));
  expect(details?.["everything with each token"]).toBeGreaterThan(100 * value);
  expect(smaller?.holds).toBe(true);
  expect(rows["response-20-mean"]?.details.p50).toBeLessThanOrEqual(
    rows["response-20-mean"]?.details.max ?? 0,
  );
});
