import { asObject, asText, type JsonObject, textOf } from "./json.js";
import type { Adapter, TraceKind, TraceLine } from "./trace-line.js";

const DELTAS: ReadonlyMap<string, TraceKind> = new Map<string, TraceKind>([
  ["response.output_text.delta", "text"],
  ["response.refusal.delta", "text"],
  ["response.reasoning_text.delta", "reasoning"],
  ["response.reasoning_summary_text.delta", "reasoning"],
  ["response.function_call_arguments.delta", "args"],
  ["response.mcp_call_arguments.delta", "args"],
  ["response.custom_tool_call_input.delta", "args"],
  ["response.code_interpreter_call_code.delta", "code"],
]);

/** `response.web_search_call.searching`, `response.mcp_call.completed`, ... */
const STATUS = /^response\.(?:\w+_call|mcp_list_tools)\.(\w+)$/;

/** OpenAI's Responses API: a block is an output item. */
export const openaiResponses: Adapter = (block) => {
  const streamed = new Set<number>();
  let response = 0;
  return (event) => {
    const type = asText(event.type);
    if (type === "response.created") response++;
    if (typeof event.output_index !== "number") return [];
    const i = block(`${response}:${event.output_index}`);
    const k = DELTAS.get(type);
    if (k) {
      if (k === "args" || k === "code") streamed.add(i);
      return [{ i, k, d: asText(event.delta) }];
    }
    const status = STATUS.exec(type)?.[1];
    if (status) return [{ i, k: "status", d: status }];
    const item = asObject(event.item);
    if (item && type === "response.output_item.added") return [start(i, item)];
    if (item && type === "response.output_item.done") return done(i, item, streamed.has(i));
    return paragraph(i, type, event);
  };
};

function start(i: number, item: JsonObject): TraceLine {
  const name = asText(item.name);
  return { i, k: "start", d: "", name: asText(item.type) + (name && `:${name}`) };
}

/** A finished item repeats what was streamed, so only what was not is taken from it. */
function done(i: number, item: JsonObject, streamed: boolean): TraceLine[] {
  if (item.type === "message" || item.type === "reasoning") return [];
  const input = item.arguments ?? item.input ?? item.code ?? item.action;
  const output = item.output ?? item.outputs ?? item.results ?? item.error;
  const lines: TraceLine[] = [];
  if (!streamed && input) lines.push({ i, k: "args", d: textOf(input) });
  if (output) lines.push({ i, k: "result", d: textOf(output) });
  lines.push({ i, k: "status", d: asText(item.status) || "completed" });
  return lines;
}

/** Later contents and summaries of one item are paragraphs of one text. */
function paragraph(i: number, type: string, event: JsonObject): TraceLine[] {
  const added =
    type === "response.content_part.added" || type === "response.reasoning_summary_part.added";
  const later = Number(event.content_index ?? event.summary_index) > 0;
  return added && later ? [{ i, k: "text", d: "\n\n" }] : [];
}
