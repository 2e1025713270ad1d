import { asObject, asText, type JsonObject } from "./json.js";
import type { Adapter, TraceLine } from "./trace-line.js";

/** One response of one choice: what its blocks' keys begin with, and what is known of them. */
interface Answer {
  readonly key: string;
  readonly calls: Set<number>;
  finished: boolean;
}

/**
 * OpenAI's chat completions, and the many services that speak them: a block is a choice's text,
 * its reasoning (`reasoning_content` or `reasoning`), or one of its tool calls.
 */
export const openaiChat: Adapter = (block) => {
  const answers = new Map<number, Answer>();

  // Ids are not used: some services send a new one with each chunk, some none.
  const answer = (choice: number, delta: JsonObject): Answer => {
    const known = answers.get(choice);
    if (known && !(known.finished && delta.role)) return known;
    const next = { key: `${known?.key ?? choice}:`, calls: new Set<number>(), finished: false };
    answers.set(choice, next);
    return next;
  };

  const call = ({ key, calls }: Answer, value: JsonObject, position: number): TraceLine[] => {
    const i = block(`${key}tool ${value.index ?? position}`);
    const made = asObject(value.function);
    const args: TraceLine = { i, k: "args", d: asText(made?.arguments) };
    if (calls.has(i)) return [args];
    calls.add(i);
    return [{ i, k: "start", d: "", name: `function_call:${asText(made?.name)}` }, args];
  };

  const read = (choice: JsonObject, position: number): TraceLine[] => {
    const delta = asObject(choice.delta) ?? {};
    const to = answer(Number(choice.index ?? position), delta);
    const reasoning = asText(delta.reasoning_content) || asText(delta.reasoning);
    const text = asText(delta.content) || asText(delta.refusal);
    const lines: TraceLine[] = [];
    if (reasoning) lines.push({ i: block(`${to.key}reasoning`), k: "reasoning", d: reasoning });
    if (text) lines.push({ i: block(`${to.key}text`), k: "text", d: text });
    lines.push(...objects(delta.tool_calls).flatMap((one, nth) => call(to, one, nth)));
    // The API gives a call no status of its own: it is whole when its choice is.
    if (choice.finish_reason) {
      to.finished = true;
      for (const i of to.calls) lines.push({ i, k: "status", d: "completed" });
    }
    return lines;
  };

  return (event) => objects(event.choices).flatMap(read);
};

function objects(value: unknown): JsonObject[] {
  const list: readonly unknown[] = Array.isArray(value) ? value : [];
  return list.map(asObject).filter((one) => one !== undefined);
}
