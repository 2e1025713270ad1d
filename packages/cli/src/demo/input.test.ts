import { mkdtemp, rm, truncate, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Input, MAX_INPUT_BYTES, parseInput, readInput } from "./input.js";
import { InputError } from "./input-error.js";

let folder = "";
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "deltawire-input-"));
});
afterAll(() => rm(folder, { recursive: true }));

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
const parse = (text: string, path = "input"): Promise<Input> => parseInput(bytes(text), path);

const TRACE = '{"i":0,"k":"text","d":"Hello"}\n';
const EVENT = '{"choices":[{"delta":{"content":"Hello"}}]}';

describe("parseInput", () => {
  it.each([
    ["trace", TRACE, "a.jsonl"],
    ["trace", `\uFEFF\n${TRACE}`, "a"],
    ["openai-chat", EVENT, "a.jsonl"],
    ["openai-chat", `\uFEFFdata: ${EVENT}\n\ndata: [DONE]\n\n`, "a.sse"],
    ["openai-chat", `data: ${EVENT}\n\n`, "a.txt"],
    ["text", TRACE, "a.md"],
    ["text", EVENT, "A.MARKDOWN"],
    ["text", "# Title\n\nHello", "a.txt"],
    ["text", "data: a heading\n", "a.txt"],
    ["text", '{"private":true}', "package.json"],
    ["text", '{"i":1}\n', "log"],
  ])("takes for %s: %j in %s", async (format, text, path) => {
    expect((await parse(text, path)).format).toBe(format);
  });

  it("plays a text to the byte, byte order mark and line ends included", async () => {
    const text = "\uFEFF# Zoe\u0308\r\n\r\n\u0000漢字\n\n";
    const { steps } = await parse(text, "a.md");
    expect(steps.map((step) => (step.kind === "append" ? step.text : "")).join("")).toBe(text);
    expect(new Set(steps.map((step) => step.part))).toEqual(new Set(["text"]));
    expect(steps.length).toBeGreaterThan(5);
  });

  it.each([
    ["empty", "", "a.txt"],
    ["empty", "\uFEFF", "a.txt"],
    ["bad_line", "hello", "a.jsonl"],
    ["bad_line", '{"name":"x"}', "a.ndjson"],
    ["bad_line", "data: nothing known", "a.sse"],
    ["bad_line", `${TRACE}oops\n`, "a.jsonl"],
    ["nothing_to_play", '{"i":0,"k":"text","d":""}', "a.jsonl"],
  ])("says %s of %j in %s", async (code, text, path) => {
    await expect(parse(text, path)).rejects.toMatchObject({ name: "InputError", code });
  });

  it.each([
    ["an image", [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]],
    ["a gzip file", [0x1f, 0x8b, 0x08, 0x00]],
    ["UTF-16", [0xff, 0xfe, 0x61, 0x00]],
    ["Latin-1", [0x63, 0x61, 0x66, 0xe9]],
    ["a surrogate in UTF-8", [0x61, 0xed, 0xa0, 0x80]],
    ["a character cut off", [0x61, 0xf0, 0x9f, 0x98]],
  ])("refuses %s", async (_, content) => {
    const found = parseInput(Uint8Array.from(content), "picture.md");
    await expect(found).rejects.toMatchObject({ code: "not_text" });
    await expect(found).rejects.toThrow(/picture\.md is not UTF-8/);
  });
});

describe("readInput", () => {
  it("reads a file", async () => {
    const path = join(folder, "a.jsonl");
    await writeFile(path, TRACE);
    expect(await readInput(path)).toEqual({
      format: "trace",
      steps: [{ kind: "append", part: "text-0", text: "Hello" }],
    });
  });

  it("says which file is missing", async () => {
    const path = join(folder, "none.md");
    const found = readInput(path);
    await expect(found).rejects.toBeInstanceOf(InputError);
    await expect(found).rejects.toMatchObject({ code: "missing" });
    await expect(found).rejects.toThrow(path);
  });

  it("refuses a folder", async () => {
    await expect(readInput(folder)).rejects.toMatchObject({ code: "unreadable" });
  });

  it("refuses a file past the limit without reading it", async () => {
    const path = join(folder, "large.txt");
    await writeFile(path, "");
    await truncate(path, MAX_INPUT_BYTES + 1); // sparse: takes no room
    await expect(readInput(path)).rejects.toMatchObject({ code: "too_large" });
  });
});
