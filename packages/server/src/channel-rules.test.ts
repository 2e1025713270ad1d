import fc from "fast-check";
import { expect, test } from "vitest";
import { ChannelRules } from "./channel-rules.js";

const load = () => undefined;
const params = (pattern: string, name: string) =>
  new ChannelRules({ [pattern]: {} }).match(name)?.params;

test("a star is any run of characters, everything else is itself", () => {
  expect(params("feed/*", "feed/ann")).toEqual(["ann"]);
  expect(params("feed/*", "feed/")).toEqual([""]);
  expect(params("feed/*", "feed/ann/2")).toEqual(["ann/2"]);
  expect(params("feed/*", "a feed/ann")).toBeUndefined();
  expect(params("feed/*/page/*", "feed/ann/page/2")).toEqual(["ann", "2"]);
  expect(params("*-*-*", "a--b-c")).toEqual(["a", "", "b-c"]);
  expect(params("*", "")).toEqual([""]);
  expect(params("all", "all")).toEqual([]);
  expect(params("all", "alll")).toBeUndefined();
  expect(params("a.b?[c]", "a.b?[c]")).toEqual([]);
  expect(params("a.c", "abc")).toBeUndefined();
  expect(params("aba*ba", "aba")).toBeUndefined(); // the ends do not overlap
});

test("fits what the same pattern does as a regular expression, and nothing else", () => {
  const text = fc.string({ unit: fc.constantFrom("a", "b", "/"), maxLength: 8 });
  const pattern = fc.string({ unit: fc.constantFrom("a", "b", "/", "*"), maxLength: 6 });
  fc.assert(
    fc.property(pattern, text, (pattern, name) => {
      const parts = pattern.split("*");
      const found = params(pattern, name);
      expect(found !== undefined).toBe(new RegExp(`^${parts.join(".*")}$`).test(name));
      if (!found) return;
      expect(found).toHaveLength(parts.length - 1);
      expect(parts.map((part, i) => part + (found[i] ?? "")).join("")).toBe(name);
    }),
    { numRuns: 2000 },
  );
});

test("a name that nearly fits many stars is refused in one pass", () => {
  const rules = new ChannelRules({ [`${"*a".repeat(60)}b`]: {} });
  expect(rules.match("a".repeat(120))).toBeUndefined();
});

test("the first rule that fits holds, in the order of the object", () => {
  const rules = new ChannelRules({
    "feed/live": {},
    "feed/*": { load },
    "*": { retention: { messages: 3 } },
  });
  expect(rules.match("feed/live")?.demand).toBeUndefined();
  expect(rules.match("feed/ann")).toMatchObject({ demand: { load }, params: ["ann"] });
  expect(rules.match("other")).toMatchObject({ demand: undefined, retention: { messages: 3 } });
  expect(new ChannelRules().match("other")).toBeUndefined();
});

test("what a rule leaves out is 30 s, 30 s, 5 s, 1,000 channels, 64 MiB and 1,000 loaders", () => {
  expect(new ChannelRules({ "*": { load } }).match("c")?.demand).toEqual({
    load,
    keep: 30_000,
    timeout: 30_000,
    linger: 5000,
    bounds: { channels: 1000, bytes: 67_108_864, loads: 1000 },
    retention: undefined,
  });
});

test("numbers out of their range are refused by name, and so are too many rules", () => {
  const of = (rule: object) => () => new ChannelRules({ "feed/*": rule });
  expect(of({ load, keep: -1 })).toThrow('channels["feed/*"].keep is 0 or greater');
  expect(of({ load, linger: Number.NaN })).toThrow("linger is 0 or greater");
  expect(of({ load, timeout: 0 })).toThrow("timeout is greater than 0");
  expect(of({ retention: { messages: -5 } })).toThrow("retention.messages is 0 or greater");
  expect(of({ retention: { age: Number.NaN } })).toThrow("retention.age is 0 or greater");
  expect(of({ bounds: { bytes: 0 } })).toThrow("bytes is greater than 0");
  const many = Object.fromEntries(Array.from({ length: 257 }, (_, i) => [`${i}x`, {}]));
  expect(() => new ChannelRules(many)).toThrow(RangeError);
});
