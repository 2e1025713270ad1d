import { expect, test } from "vitest";
import { fuzz } from "./fuzz.js";

const SECONDS = Number(process.env.DELTAWIRE_FUZZ_SECONDS ?? 8);

test("codecs, a client and a live server bear what strangers send", async () => {
  const { attacks, failure } = await fuzz({ seconds: SECONDS, seed: 1 });
  expect(failure).toBeUndefined();
  for (const count of attacks.values()) expect(count).toBeGreaterThan(10);
}, 120_000);
