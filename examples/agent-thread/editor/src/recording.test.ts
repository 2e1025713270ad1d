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
  expect(readRecording('{"entry":"1","kind":"text"}\n\n{"entry":"1","append":"Hi"}\n')).toEqual({
    steps: [
      { entry: "1", kind: "text" },
      { entry: "1", append: "Hi" },
    ],
  });
});

test.each([
  ["no JSON", "line 1 is no JSON object"],
  ["null", "line 1 is no JSON object"],
  ['{"title":"T"}\n{"append":"x"}', "line 2: a step names its entry"],
  ['{"entry":"1","append":"x"}', "line 1: there is no entry 1 yet; its first step has a kind"],
])("%s is refused by its line", (text, message) => {
  expect(() => readRecording(text)).toThrow(message);
});
