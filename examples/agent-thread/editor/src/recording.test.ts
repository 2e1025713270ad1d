import { readdirSync, readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { readRecording } from "./recording.js";

const folder = new URL("../../recordings/", import.meta.url);

test.each(readdirSync(folder))("%s can be read", (name) => {
  const { title, prompt, steps } = readRecording(readFileSync(new URL(name, folder), "utf8"));
  expect([title, prompt]).toEqual([expect.any(String), expect.any(String)]);
  expect(steps.length).toBeGreaterThan(20);
});

test("a recording needs no head, and blank lines are skipped", () => {
  expect(readRecording('{"entry":"1","type":"text"}\n\n{"entry":"1","append":"Hi"}\n')).toEqual({
    steps: [
      { entry: "1", type: "text" },
      { entry: "1", append: "Hi" },
    ],
  });
});

test.each([
  ["no JSON", "line 1 is no JSON object"],
  ["[]", "line 1 is no JSON object"],
  ['{"title":"T"}\n{"append":"x"}', "line 2: entry is not what it may be"],
  ['{"entry":"1","append":"x"}', "line 1: entry 1 was not begun; its first line has a type"],
  ['{"entry":"1","type":"image"}', "line 1: type is not what it may be"],
  ['{"entry":"1","type":"text","splice":[0,-1,""]}', "line 1: splice is not what it may be"],
  ['{"entry":"1","type":"text","colour":"red"}', "line 1: colour is not what it may be"],
])("%s is refused by its line", (text, message) => {
  expect(() => readRecording(text)).toThrow(message);
});
