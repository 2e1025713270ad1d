import { expect, test } from "vitest";
import { countBytes } from "../bench/bytes.js";
import { COUNTS, measureStreaming } from "../bench/streaming.js";

// That the benchmark still measures what it says; it throws where a viewer misses something.

test("the benchmark's producer, server and viewer bring everything over", () => {
  const { atCursor, byOrdinal, long, backEditAndAppend } = countBytes();
  expect([atCursor, long]).toEqual([3, 5]);
  expect(byOrdinal).toBeLessThanOrEqual(6);
  expect(backEditAndAppend).toBeLessThan(200);
  const [few, many] = COUNTS;
  const streaming = measureStreaming(1);
  for (const count of [few, many]) expect(streaming.of(`json ${count}`).median).toBeGreaterThan(0);
});
