import { expect, test } from "vitest";
import { formatVersion, matchesVersion, parseVersion } from "./http-version.js";

test.each([
  ["e1", 0, "e1:0"],
  ["a:b", 7, "a%3Ab:7"],
  ['ä "\n', Number.MAX_SAFE_INTEGER, "%C3%A4%20%22%0A:9007199254740991"],
])("%j at %i is %s, and back", (epoch, seq, text) => {
  expect(formatVersion({ epoch, seq })).toBe(text);
  expect(parseVersion(text, "since")).toEqual({ epoch, seq });
  expect(() => new Headers({ etag: `"${text}"` })).not.toThrow();
});

test.each([
  "",
  "e1",
  ":1",
  "e1:",
  "e1:-1",
  "e1:1.5",
  "e1:x",
  "e1:9007199254740992",
  "%E4:1",
  "%:1",
])("%s is none", (text) => {
  expect(() => parseVersion(text, "since")).toThrow(
    expect.objectContaining({ code: "malformed", message: expect.stringMatching(/^since /) }),
  );
});

test.each([
  [null, false],
  ["", false],
  ['"e:1"', true],
  ['W/"e:1"', true],
  ['"x", "e:1"', true],
  ["*", true],
  ['"e:2"', false],
  ["e:1", false],
])("If-None-Match: %s names e:1: %s", (header, expected) => {
  expect(matchesVersion(header, { epoch: "e", seq: 1 })).toBe(expected);
});
