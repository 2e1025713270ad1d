import { describe, expect, it } from "vitest";
import { InputError } from "./input-error.js";
import { readTrace } from "./trace.js";
import type { TraceLine } from "./trace-line.js";

const trace = (...lines: TraceLine[]): string =>
  lines.map((line) => JSON.stringify(line)).join("\n");

function failure(text: string): InputError {
  try {
    readTrace(text);
  } catch (error) {
    if (error instanceof InputError) return error;
    throw error;
  }
  throw new Error("the trace was read");
}

describe("readTrace", () => {
  it("makes text parts of texts, named after what they are", () => {
    const steps = readTrace(
      trace(
        { i: 0, k: "start", d: "", name: "thinking" },
        { i: 0, k: "reasoning", d: "Hm" },
        { i: 0, k: "status", d: "completed" },
        { i: 1, k: "start", d: "", name: "message" },
        { i: 1, k: "text", d: "" },
        { i: 1, k: "text", d: "Yes" },
        { i: 2, k: "code", d: "1+1" },
        { i: 1, k: "text", d: "." },
      ),
    );
    expect(steps).toEqual([
      { kind: "append", part: "reasoning-0", text: "Hm" },
      { kind: "append", part: "text-1", text: "Yes" },
      { kind: "append", part: "code-2", text: "1+1" },
      { kind: "append", part: "text-1", text: "." },
    ]);
  });

  it("makes a JSON part of a tool call, and edits it after later text has come", () => {
    const steps = readTrace(
      trace(
        { i: 3, k: "start", d: "", name: "grep" },
        { i: 3, k: "args", d: "{" },
        { i: 3, k: "args", d: "}" },
        { i: 3, k: "status", d: "running" },
        { i: 4, k: "text", d: "Meanwhile" },
        { i: 3, k: "result", d: "a\n" },
        { i: 3, k: "result", d: "b\n" },
        { i: 3, k: "status", d: "running" },
        { i: 3, k: "status", d: "completed" },
      ),
    );
    const part = "tool-3";
    expect(steps).toEqual([
      { kind: "json", part, value: { name: "grep", status: "pending" } },
      { kind: "json_set", part, path: "/arguments", value: "{" },
      { kind: "json_append", part, path: "/arguments", text: "}" },
      { kind: "json_set", part, path: "/status", value: "running" },
      { kind: "append", part: "text-4", text: "Meanwhile" },
      { kind: "json_set", part, path: "/output", value: "a\n" },
      { kind: "json_append", part, path: "/output", text: "b\n" },
      { kind: "json_set", part, path: "/status", value: "completed" },
    ]);
  });

  it("keeps a tool's code in the call, since the call has a status", () => {
    const steps = readTrace(
      trace(
        { i: 0, k: "start", d: "", name: "code_interpreter_call" },
        { i: 0, k: "code", d: "import" },
        { i: 0, k: "code", d: " math" },
      ),
    );
    expect(steps.slice(1)).toEqual([
      { kind: "json_set", part: "tool-0", path: "/code", value: "import" },
      { kind: "json_append", part: "tool-0", path: "/code", text: " math" },
    ]);
  });

  it("opens a tool call that has no start, once", () => {
    const steps = readTrace(
      trace({ i: 0, k: "args", d: "{}" }, { i: 0, k: "start", d: "", name: "late" }),
    );
    expect(steps).toEqual([
      { kind: "json", part: "tool-0", value: { name: "tool", status: "pending" } },
      { kind: "json_set", part: "tool-0", path: "/arguments", value: "{}" },
    ]);
  });

  it("takes a delta to the letter, halves of surrogate pairs and line separators included", () => {
    const deltas = ["\uD83D", "\uDE00", " \r\n", "\u2028", "\u0000"];
    const text = deltas.map((d) => `{"i":0,"k":"text","d":${JSON.stringify(d)}}\r\n`).join("\n");
    expect(readTrace(text)).toEqual(
      deltas.map((delta) => ({ kind: "append", part: "text-0", text: delta })),
    );
    expect(readTrace('{"i":0,"k":"text","d":"\u2028"}')).toHaveLength(1);
  });

  it.each([
    ["text that is not JSON", "hello", /not a JSON object/],
    ["an array", "[1]", /not a JSON object/],
    ["a negative block", '{"i":-1,"k":"text","d":""}', /"i"/],
    ["a block that is no number", '{"i":"0","k":"text","d":""}', /"i"/],
    ["an unknown kind", '{"i":0,"k":"video","d":""}', /one of text, reasoning/],
    ["a delta that is no string", '{"i":0,"k":"text","d":1}', /"d"/],
    ["a missing delta", '{"i":0,"k":"text"}', /"d"/],
    ["a name that is no string", '{"i":0,"k":"start","d":"","name":1}', /"name"/],
  ])("refuses %s, and says where", (_, line, message) => {
    const error = failure(`{"i":0,"k":"text","d":"x"}\n\n${line}\n`);
    expect(error).toMatchObject({ code: "bad_line", at: 3 });
    expect(error.message).toMatch(message);
    expect(error.message).toMatch(/^line 3: /);
  });

  it.each<[TraceLine, TraceLine]>([
    [
      { i: 0, k: "text", d: "a" },
      { i: 0, k: "args", d: "{" },
    ],
    [
      { i: 0, k: "reasoning", d: "a" },
      { i: 0, k: "result", d: "b" },
    ],
    [
      { i: 0, k: "args", d: "{" },
      { i: 0, k: "text", d: "a" },
    ],
    [
      { i: 0, k: "status", d: "running" },
      { i: 0, k: "reasoning", d: "a" },
    ],
  ])("refuses a line that does not fit its block: %j, then %j", (first, second) => {
    const error = failure(trace(first, second));
    expect(error).toMatchObject({ code: "bad_line", at: 2 });
    expect(error.message).toContain(`cannot take "${second.k}"`);
  });
});
