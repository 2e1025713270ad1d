import { describe, expect, it } from "vitest";
import { anthropic } from "./anthropic.js";
import type { JsonObject } from "./json.js";
import type { TraceLine } from "./trace-line.js";

/** Reads events whose blocks keep the numbers that the provider gave them. */
function lines(...events: JsonObject[]): TraceLine[] {
  const read = anthropic((key) => Number(key.split(":")[1]));
  return events.flatMap((event) => [...read(event)]);
}

const block = (index: number, content_block: JsonObject): JsonObject => ({
  type: "content_block_start",
  index,
  content_block,
});
const stop = (index: number): JsonObject => ({ type: "content_block_stop", index });

describe("anthropic", () => {
  it("sends a result back to its call, which fails when the result is an error", () => {
    const content = { type: "web_search_tool_result_error", error_code: "unavailable" };
    expect(
      lines(
        block(0, { type: "server_tool_use", id: "s", name: "web_search", input: {} }),
        stop(0),
        block(1, { type: "web_search_tool_result", tool_use_id: "s", content }),
        stop(1),
      ),
    ).toEqual([
      { i: 0, k: "start", d: "", name: "server_tool_use:web_search" },
      { i: 0, k: "status", d: "running" },
      { i: 0, k: "result", d: JSON.stringify(content) },
      { i: 0, k: "status", d: "failed" },
    ]);
  });

  it("gives a result whose call is not in the capture a block of its own", () => {
    const result = { type: "mcp_tool_result", tool_use_id: "elsewhere", content: "ok" };
    expect(lines(block(3, result), stop(3))).toEqual([
      { i: 3, k: "start", d: "", name: "mcp_tool_result" },
      { i: 3, k: "result", d: "ok" },
      { i: 3, k: "status", d: "completed" },
    ]);
  });

  it("keeps blocks of two messages apart", () => {
    const keys: string[] = [];
    const read = anthropic((key) => keys.push(key));
    for (const type of ["message_start", "message_stop", "message_start"]) {
      read({ type });
      read(block(0, { type: "text", text: "" }));
    }
    expect(new Set(keys).size).toBe(2);
  });

  it("takes nothing from members that are not its own", () => {
    const delta = { type: "constructor", name: "x" };
    expect(lines({ type: "content_block_delta", index: 0, delta })).toEqual([]);
    expect(lines({ type: "content_block_delta", index: 0, delta: null })).toEqual([]);
    expect(lines({ type: "content_block_start", index: 0 })).toEqual([]);
  });
});
