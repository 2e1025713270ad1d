import { describe, expect, it } from "vitest";
import { InputError } from "./input-error.js";
import { openCapture, type Provider, readCapture } from "./provider.js";
import { applyStep, type Parts } from "./step.js";

type Event = Readonly<Record<string, unknown>>;

const lines = (events: readonly Event[]): string => events.map((e) => JSON.stringify(e)).join("\n");
const sse = (events: readonly Event[]): string =>
  events.map((e) => `event: ${String(e.type)}\ndata: ${JSON.stringify(e)}\n\n`).join("");

function read(text: string): { provider: Provider; parts: Record<string, unknown>; steps: number } {
  const capture = openCapture(text);
  if (capture === undefined) throw new Error("not a capture");
  const steps = readCapture(capture);
  const parts: Parts = new Map();
  for (const step of steps) applyStep(parts, step);
  return { provider: capture.provider, parts: Object.fromEntries(parts), steps: steps.length };
}

function failure(text: string): unknown {
  try {
    read(text);
  } catch (error) {
    return error;
  }
  return undefined;
}

const item = (output_index: number, type: string, more: Event = {}): Event => ({
  type: "response.output_item.added",
  output_index,
  item: { type, ...more },
});
const done = (output_index: number, type: string, more: Event): Event => ({
  ...item(output_index, type, more),
  type: "response.output_item.done",
});

const RESPONSES: Event[] = [
  { type: "response.created", response: { id: "resp_1" } },
  item(0, "reasoning"),
  {
    type: "response.reasoning_summary_text.delta",
    output_index: 0,
    summary_index: 0,
    delta: "One",
  },
  { type: "response.reasoning_summary_part.added", output_index: 0, summary_index: 1 },
  {
    type: "response.reasoning_summary_text.delta",
    output_index: 0,
    summary_index: 1,
    delta: "two",
  },
  done(0, "reasoning", { summary: [] }),
  item(1, "function_call", { name: "weather" }),
  { type: "response.function_call_arguments.delta", output_index: 1, delta: '{"city":' },
  { type: "response.function_call_arguments.delta", output_index: 1, delta: '"Łódź"}' },
  { type: "response.function_call_arguments.done", output_index: 1, arguments: '{"city":"Łódź"}' },
  done(1, "function_call", { status: "completed", arguments: '{"city":"Łódź"}' }),
  item(2, "mcp_call", { name: "search" }),
  { type: "response.mcp_call.in_progress", output_index: 2 },
  item(3, "message"),
  { type: "response.content_part.added", output_index: 3, content_index: 0 },
  { type: "response.output_text.delta", output_index: 3, delta: "Hel" },
  { type: "response.mcp_call.failed", output_index: 2 },
  done(2, "mcp_call", { status: "failed", arguments: '{"q":1}', error: { code: 502 } }),
  { type: "response.output_text.delta", output_index: 3, delta: "lo" },
  done(3, "message", { status: "completed" }),
  { type: "response.completed", response: { id: "resp_1" } },
];

const RESPONSES_PARTS = {
  "reasoning-0": "One\n\ntwo",
  "tool-1": { name: "function_call:weather", status: "completed", arguments: '{"city":"Łódź"}' },
  "tool-2": {
    name: "mcp_call:search",
    status: "failed",
    arguments: '{"q":1}',
    output: '{"code":502}',
  },
  "text-3": "Hello",
};

const chunk = (delta: Event, finish_reason: string | null = null, index = 0): Event => ({
  id: "chatcmpl",
  object: "chat.completion.chunk",
  choices: [{ index, delta, finish_reason }],
});
const tool = (index: number, name: string | undefined, args: string): Event =>
  chunk({ tool_calls: [{ index, function: { ...(name && { name }), arguments: args } }] });

const CHAT: Event[] = [
  chunk({ role: "assistant", content: "", reasoning_content: null }),
  chunk({ reasoning_content: "Hm" }),
  chunk({ content: "Two " }),
  chunk({ content: "calls" }),
  tool(0, "a", ""),
  tool(1, "b", '{"x'),
  tool(0, undefined, "{}"),
  tool(1, undefined, '":1}'),
  chunk({}, "tool_calls"),
  { id: "chatcmpl", choices: [], usage: { total_tokens: 9 } },
];

const CHAT_PARTS = {
  "reasoning-0": "Hm",
  "text-1": "Two calls",
  "tool-2": { name: "function_call:a", status: "completed", arguments: "{}" },
  "tool-3": { name: "function_call:b", status: "completed", arguments: '{"x":1}' },
};

const block = (index: number, content_block: Event): Event => ({
  type: "content_block_start",
  index,
  content_block,
});
const delta = (index: number, value: Event): Event => ({
  type: "content_block_delta",
  index,
  delta: value,
});
const stop = (index: number): Event => ({ type: "content_block_stop", index });

const ANTHROPIC: Event[] = [
  { type: "message_start", message: { id: "msg_1" } },
  block(0, { type: "thinking", thinking: "" }),
  { type: "ping" },
  delta(0, { type: "thinking_delta", thinking: "Hm" }),
  delta(0, { type: "signature_delta", signature: "abc" }),
  stop(0),
  block(1, { type: "redacted_thinking", data: "xyz" }),
  stop(1),
  block(2, { type: "server_tool_use", id: "srv_1", name: "bash", input: {} }),
  delta(2, { type: "input_json_delta", partial_json: '{"cmd"' }),
  delta(2, { type: "input_json_delta", partial_json: ':"ls"}' }),
  stop(2),
  block(3, { type: "text", text: "" }),
  delta(3, { type: "text_delta", text: "Lists" }),
  stop(3),
  block(4, { type: "bash_tool_result", tool_use_id: "srv_1", content: { stdout: "a" } }),
  stop(4),
  block(5, { type: "tool_use", id: "t_2", name: "text", input: { whole: true } }),
  stop(5),
  { type: "message_delta", delta: { stop_reason: "tool_use" } },
  { type: "message_stop" },
];

const ANTHROPIC_PARTS = {
  "reasoning-0": "Hm",
  "tool-2": {
    name: "server_tool_use:bash",
    status: "completed",
    arguments: '{"cmd":"ls"}',
    output: '{"stdout":"a"}',
  },
  "text-3": "Lists",
  "tool-5": { name: "tool_use:text", status: "running", arguments: '{"whole":true}' },
};

describe.each([
  ["openai-responses", RESPONSES, RESPONSES_PARTS],
  ["openai-chat", CHAT, CHAT_PARTS],
  ["anthropic", ANTHROPIC, ANTHROPIC_PARTS],
] as const)("a capture of %s", (provider, events, parts) => {
  const blankless = events.map((event) => `data: ${JSON.stringify(event)}`).join("\n");
  it.each([
    ["server-sent events", sse(events)],
    [
      "server-sent events with CRLF, comments and ids",
      `: hi\r\nid: 1\r\nretry: 5\r\n${sse(events).replaceAll("\n", "\r\n")}`,
    ],
    ["server-sent events with CR", sse(events).replaceAll("\n", "\r")],
    ["data without blank lines", blankless],
    ["an end with [DONE]", `${sse(events)}data: [DONE]\n\n`],
    ["no line end at the end", sse(events).trimEnd()],
    ["a cut in the middle of the last event", `${sse(events)}data: {"type":"resp`],
    ["JSON lines", lines(events)],
    ["JSON lines with CRLF", `${lines(events).replaceAll("\n", "\r\n")}\r\n`],
  ])("is read from %s", (_, text) => {
    expect(read(text)).toMatchObject({ provider, parts });
    expect(Object.keys(read(text).parts)).toEqual(Object.keys(parts));
  });

  it("may hold one stream after another", () => {
    const once = read(sse(events));
    const twice = read(`${sse(events)}data: [DONE]\n\n${sse(events)}`);
    expect(twice.steps).toBe(2 * once.steps);
    const values = Object.values(parts);
    expect(Object.values(twice.parts)).toEqual([...values, ...values]);
  });

  it("names the event that is broken", () => {
    const broken = `${sse(events.slice(0, 3))}data: {"type":\n\n${sse(events.slice(3))}`;
    expect(failure(broken)).toMatchObject({ code: "bad_event", at: 4 });
  });
});

describe("openai-responses", () => {
  it("changes a call in the middle while later text streams", () => {
    const capture = openCapture(lines(RESPONSES));
    const steps = capture ? readCapture(capture) : [];
    const kinds = steps.map((step) => `${step.part} ${step.kind}`);
    expect(kinds.indexOf("text-3 append")).toBeLessThan(kinds.lastIndexOf("tool-2 json_set"));
  });

  it("takes what did not stream from the finished item, and only that", () => {
    const events = [
      item(0, "code_interpreter_call"),
      { type: "response.code_interpreter_call_code.delta", output_index: 0, delta: "1+1" },
      { type: "response.code_interpreter_call.interpreting", output_index: 0 },
      done(0, "code_interpreter_call", { code: "1+1", outputs: [{ logs: "2" }] }),
      done(1, "web_search_call", { status: "completed", action: { query: "q" } }),
    ];
    expect(read(lines(events)).parts).toEqual({
      "tool-0": {
        name: "code_interpreter_call",
        status: "completed",
        code: "1+1",
        output: '[{"logs":"2"}]',
      },
      "tool-1": { name: "tool", status: "completed", arguments: '{"query":"q"}' },
    });
  });
});

describe("openai-chat", () => {
  it("keeps several choices apart", () => {
    const events = [
      chunk({ content: "a" }, null, 0),
      chunk({ content: "b" }, null, 1),
      chunk({ content: "A" }, "stop", 0),
      chunk({ content: "B" }, "stop", 1),
    ];
    expect(read(lines(events)).parts).toEqual({ "text-0": "aA", "text-1": "bB" });
  });

  it("does not split a text whose chunks have ids of their own", () => {
    const events = ["x", "y"].map((content, n) => ({ ...chunk({ content }), id: `id-${n}` }));
    expect(read(lines(events)).parts).toEqual({ "text-0": "xy" });
  });

  it("does not split a text whose chunks all name their role", () => {
    const events = ["x", "y"].map((content) => chunk({ role: "assistant", content }));
    expect(read(lines(events)).parts).toEqual({ "text-0": "xy" });
  });

  it("numbers calls by their position where they have no index", () => {
    const calls = [
      { function: { name: "a", arguments: "1" } },
      { function: { name: "b", arguments: "2" } },
    ];
    const { parts } = read(lines([chunk({ tool_calls: calls })]));
    expect(Object.values(parts)).toMatchObject([{ arguments: "1" }, { arguments: "2" }]);
  });
});

describe("openCapture", () => {
  it.each([
    ["prose", "Hello there."],
    ["a document that begins like server-sent events", "data: what we have\n\nand more"],
    ["JSON of another kind", '{"name":"x"}\n{"name":"y"}'],
    ["JSON over several lines", '{\n  "type": "message_start"\n}'],
    ["nothing", ""],
  ])("is not fooled by %s", (_, text) => {
    expect(openCapture(text)).toBeUndefined();
  });
});

describe("readCapture", () => {
  it("passes on the error that is all a capture holds", () => {
    const error = { message: "quota exceeded" };
    const texts = [
      sse([{ type: "response.created" }, { type: "error", error }]),
      sse([{ type: "response.created" }, { type: "response.failed", response: { error } }]),
      sse([{ type: "message_start" }, { type: "error", error }]),
    ];
    for (const text of texts) {
      const found = failure(text);
      expect(found).toBeInstanceOf(InputError);
      expect(found).toMatchObject({ code: "nothing_to_play" });
      expect(String(found)).toContain("quota exceeded");
    }
  });

  it("says so when there is no content", () => {
    expect(failure(sse([{ type: "message_start" }]))).toMatchObject({ code: "nothing_to_play" });
  });
});
