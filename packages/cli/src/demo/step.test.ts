import { describe, expect, it } from "vitest";
import { applyStep, type Parts, type Step } from "./step.js";

function played(...steps: Step[]): Parts {
  const parts: Parts = new Map();
  for (const step of steps) applyStep(parts, step);
  return parts;
}

const opened: Step = { kind: "json", part: "tool-1", value: { name: "grep", status: "pending" } };

describe("applyStep", () => {
  it("opens parts in the order in which they are named, and changes them in place", () => {
    const parts = played(
      { kind: "append", part: "text-0", text: "Let" },
      opened,
      { kind: "append", part: "text-2", text: "While" },
      { kind: "json_set", part: "tool-1", path: "/status", value: "running" },
      { kind: "json_set", part: "tool-1", path: "/output", value: "a" },
      { kind: "json_append", part: "tool-1", path: "/output", text: "b" },
      { kind: "append", part: "text-0", text: " me" },
    );
    expect([...parts]).toEqual([
      ["text-0", "Let me"],
      ["tool-1", { name: "grep", status: "running", output: "ab" }],
      ["text-2", "While"],
    ]);
  });

  it("does not change a value that a reader has already been given", () => {
    const parts = played(opened);
    const before = parts.get("tool-1");
    applyStep(parts, { kind: "json_set", part: "tool-1", path: "/status", value: "running" });
    expect(before).toEqual({ name: "grep", status: "pending" });
    expect(parts.get("tool-1")).toEqual({ name: "grep", status: "running" });
  });

  it.each<[string, Step[]]>([
    ["text for a JSON part", [opened, { kind: "append", part: "tool-1", text: "x" }]],
    [
      "a member for a text part",
      [
        { kind: "append", part: "text-0", text: "x" },
        { kind: "json_set", part: "text-0", path: "/status", value: "x" },
      ],
    ],
    [
      "a member before its part",
      [{ kind: "json_set", part: "tool-1", path: "/status", value: "x" }],
    ],
    [
      "more of a member that holds nothing",
      [opened, { kind: "json_append", part: "tool-1", path: "/output", text: "x" }],
    ],
  ])("refuses %s", (_, steps) => {
    expect(() => played(...steps)).toThrow(TypeError);
  });
});
