import { expect, test } from "vitest";
import { retrySpread } from "./retry-spread.js";

test.each([
  [0, 5000],
  [1, 5000],
  [1000, 5000],
  [10_000, 50_000],
])("%i clients come back within %i ms: 200 a second", (clients, ms) => {
  expect(retrySpread(clients)).toBe(ms);
});
