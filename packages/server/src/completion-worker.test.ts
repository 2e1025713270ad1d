import fc from "fast-check";
import { expect, test } from "vitest";
import { completionKey } from "./completion-worker.js";

test("keys are the same for the same end only, whatever names contain", () => {
  const name = fc.string({ unit: fc.constantFrom('"', ",", "[", "0", "\0", "\ud800", "a") });
  const place = fc.tuple(name, fc.record({ id: name, generation: fc.nat(2) }));
  fc.assert(
    fc.property(place, place, (one, other) => {
      const isSame = JSON.stringify(one) === JSON.stringify(other);
      expect(completionKey(...one) === completionKey(...other)).toBe(isSame);
      expect(completionKey(...one)).not.toContain("\0"); // it can be a key in any database
    }),
  );
});
