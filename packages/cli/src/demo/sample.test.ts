import { mkdir, mkdtemp, realpath, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { readSample, samplePath } from "./sample.js";
import { applyStep, type Parts, type ToolCall } from "./step.js";

describe("the sample", async () => {
  const { format, steps } = await readSample();
  const parts: Parts = new Map();
  /** For each tool call, how many characters of later texts stood when its output came. */
  const overtaken = new Map<string, number>();
  const order: string[] = [];
  for (const step of steps) {
    applyStep(parts, step);
    if (!order.includes(step.part)) order.push(step.part);
    if (step.kind === "json_set" && step.path === "/output") {
      const later = order.slice(order.indexOf(step.part) + 1).map((part) => parts.get(part));
      const texts = later.filter((value) => typeof value === "string");
      overtaken.set(step.part, texts.join("").length);
    }
  }
  const tools = [...parts.values()].filter((value): value is ToolCall => typeof value === "object");
  const text = [...parts.values()].filter((value) => typeof value === "string").join("");

  it("is a trace of about 3,000 steps", () => {
    expect(format).toBe("trace");
    expect(steps.length).toBeGreaterThan(2800);
    expect(steps.length).toBeLessThan(3200);
  });

  it("has reasoning, text, code and ten tool calls", () => {
    const kinds = new Set(order.map((part) => part.replace(/-\d+$/, "")));
    expect(kinds).toEqual(new Set(["reasoning", "text", "tool", "code"]));
    expect(tools).toHaveLength(10);
  });

  it("ends with every call finished, its arguments whole, its output there", () => {
    for (const tool of tools) {
      expect(["completed", "failed"]).toContain(tool.status);
      expect(JSON.parse(tool.arguments ?? "")).toBeTypeOf("object");
      expect(tool.output).toBeTruthy();
    }
    expect(tools.some(({ status }) => status === "failed")).toBe(true);
  });

  it("edits every call back after later text has come", () => {
    expect(overtaken.size).toBe(10);
    for (const length of overtaken.values()) expect(length).toBeGreaterThan(20);
  });

  it("streams several calls' arguments and outputs in turns", () => {
    const turns = (path: string): number => {
      const calls = steps.filter(
        (step) => step.kind.startsWith("json_") && "path" in step && step.path === path,
      );
      return calls.filter((step, n) => n > 0 && step.part !== calls[n - 1]?.part).length;
    };
    expect(turns("/arguments")).toBeGreaterThan(20);
    expect(turns("/output")).toBeGreaterThan(12);
  });

  it("has the text that breaks careless code", () => {
    expect(text).toMatch(/\u{1F469}\u200D\u{1F469}\u200D/u);
    expect(text).toMatch(/e\u0308/);
    expect(text).toMatch(/\p{Script=Hiragana}/u);
    expect(text).toMatch(/\p{Script=Han}/u);
    expect(text).toMatch(/\p{Script=Hebrew}/u);
    expect(text).toMatch(/\n\| --- \|/);
    expect(text).toMatch(/\n```css\n/);
    expect(text).toBe(Buffer.from(text).toString());
    expect(tools.some(({ output }) => output?.includes("\r\n"))).toBe(true);
  });
});

describe("samplePath", () => {
  it("finds the sample from the built package too", async () => {
    const root = await realpath(await mkdtemp(join(tmpdir(), "deltawire-sample-")));
    await mkdir(join(root, "samples"));
    await writeFile(join(root, "samples", "agent-turn.jsonl"), "");
    expect(samplePath(join(root, "dist", "cli.js"))).toBe(
      join(root, "samples", "agent-turn.jsonl"),
    );
    await rm(root, { recursive: true });
    expect(() => samplePath(join(root, "dist", "cli.js"))).toThrow(/missing/);
  });
});
