import fc from "fast-check";
import { expect, test } from "vitest";
import { ALL_RIGHTS, Rights } from "./rights.js";

test.each([
  ["thread-42", "thread-42", true],
  ["thread-42", "thread-421", false],
  ["thread-*", "thread-", true],
  ["thread-*", "my-thread-1", false],
  ["*-log", "a-log", true],
  ["a*b*c", "a-b-b-c", true],
  ["a*b*c", "acb", false],
  ["ab*ba", "aba", false],
  ["*", "", true],
  ["a**b", "ab", true],
  ["a.c", "abc", false],
  ["", "a", false],
])("%s on %s: %s", (pattern, channel, allowed) => {
  expect(new Rights({ subscribe: [pattern] }).allow("subscribe", channel)).toBe(allowed);
});

test("a pattern matches what a regular expression would", () => {
  const name = fc.string({ unit: fc.constantFrom("a", "b", "/"), maxLength: 12 });
  const pattern = fc.string({ unit: fc.constantFrom("a", "b", "/", "*"), maxLength: 6 });
  fc.assert(
    fc.property(pattern, name, (glob, channel) => {
      const same = new RegExp(`^${glob.replaceAll("*", ".*")}$`);
      expect(new Rights({ command: [glob] }).allow("command", channel)).toBe(same.test(channel));
    }),
    { numRuns: 500 },
  );
});

test("a pattern of many stars takes no time", () => {
  const rights = new Rights({ produce: ["a*".repeat(10_000)] });
  expect(rights.allow("produce", "a".repeat(256))).toBe(false);
});

test("what is not stated is not allowed", () => {
  const rights = Rights.read({ subscribe: ["*"] });
  expect(rights.allow("subscribe", "a")).toBe(true);
  expect(rights.allow("produce", "a")).toBe(false);
  for (const action of ["subscribe", "produce", "command"] as const) {
    expect(ALL_RIGHTS.allow(action, "anything")).toBe(true);
    expect(Rights.read({}).allow(action, "anything")).toBe(false);
  }
});

test.each([[null], ["*"], [["*"]], [{ subscribe: "*" }], [{ subscribe: [1] }], [{ admin: [] }]])(
  "%j says no rights",
  (claim) => {
    expect(() => Rights.read(claim)).toThrow(TypeError);
  },
);
