import type { MessageWriter } from "@deltawire/client";
import type { Parts, Step, ToolCall } from "./step.js";

/**
 * Takes a step through the client, as an editor's plugin would.
 *
 * @param copy what was written before it
 */
export function writeStep(reply: MessageWriter, copy: Parts, step: Step): void {
  const before = copy.get(step.part);
  const held = typeof before === "object" ? before[fieldOf(step)] : undefined;
  if (step.kind === "append") reply.text(step.part).append(step.text);
  else if (step.kind === "json") reply.json(step.part).set({ ...step.value });
  else if (step.kind === "json_set") {
    const op = held === undefined ? "add" : "replace";
    reply.json(step.part).patch([{ op, path: step.path, value: step.value }]);
  } else {
    const { path, text } = step;
    const changed_offset = held?.length ?? 0;
    reply.json(step.part).patch([{ op: "splice", path, changed_offset, removed: 0, text }]);
  }
}

const fieldOf = (step: Step): keyof ToolCall =>
  "path" in step ? (step.path.slice(1) as keyof ToolCall) : "name"; // the type of `path` says so
