import { asObject, asText, type JsonObject, textOf } from "./json.js";
import type { Adapter, TraceKind, TraceLine } from "./trace-line.js";

type Delta = readonly [kind: TraceKind, member: string];

const DELTAS: ReadonlyMap<string, Delta> = new Map<string, Delta>([
  ["text_delta", ["text", "text"]],
  ["thinking_delta", ["reasoning", "thinking"]],
  ["input_json_delta", ["args", "partial_json"]],
  ["compaction_delta", ["result", "content"]],
]);

/** Anthropic's Messages API: a block is a content block; a tool's result goes back to its call. */
export const anthropic: Adapter = (block) => {
  const calls = new Map<string, number>();
  const waiting = new Set<number>();
  let message = 0;

  const start = (i: number, content: JsonObject): TraceLine[] => {
    const type = asText(content.type);
    if (type === "redacted_thinking") return [];
    const call = calls.get(asText(content.tool_use_id));
    if (call !== undefined) return result(call, content);
    const name = asText(content.name);
    const lines: TraceLine[] = [{ i, k: "start", d: "", name: type + (name && `:${name}`) }];
    if (type === "text" || type === "thinking") {
      lines.push({ i, k: "text", d: asText(content.text) || asText(content.thinking) });
      return lines;
    }
    if (content.content) return [...lines, ...result(i, content)];
    calls.set(asText(content.id), i);
    waiting.add(i);
    const input = asObject(content.input);
    if (input && Object.keys(input).length > 0) lines.push({ i, k: "args", d: textOf(input) });
    return lines;
  };

  const result = (i: number, content: JsonObject): TraceLine[] => {
    const failed =
      content.is_error === true || asText(asObject(content.content)?.type).endsWith("_error");
    return [
      { i, k: "result", d: textOf(content.content) },
      { i, k: "status", d: failed ? "failed" : "completed" },
    ];
  };

  return (event) => {
    if (event.type === "message_start") message++;
    if (typeof event.index !== "number") return [];
    const i = block(`${message}:${event.index}`);
    const content = asObject(event.content_block);
    if (event.type === "content_block_start" && content) return start(i, content);
    const delta = asObject(event.delta);
    const [k, member] = DELTAS.get(asText(delta?.type)) ?? [];
    if (k && member) return [{ i, k, d: asText(delta?.[member]) }];
    // A call whose arguments are whole runs until its result comes, if this capture has it.
    return event.type === "content_block_stop" && waiting.delete(i)
      ? [{ i, k: "status", d: "running" }]
      : [];
  };
};
