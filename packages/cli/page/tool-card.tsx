import type { ReactElement } from "react";
import type { ToolCall } from "./tool-call.js";

const DONE: readonly string[] = ["completed", "succeeded", "done"];
const FAILED: readonly string[] = ["failed", "error", "cancelled"];

function toneOf(status: string): "good" | "bad" | "busy" {
  if (DONE.includes(status)) return "good";
  return FAILED.includes(status) ? "bad" : "busy";
}

/** A tool call: a line that says how it is, and behind it what went in and came out. */
export function ToolCard({ call }: { readonly call: ToolCall }): ReactElement {
  const given = call.arguments ?? call.code ?? "";
  return (
    <details className="tool" data-tone={toneOf(call.status)}>
      <summary>
        <span className="tool-name">{call.name}</span>
        <span className="tool-given">{given.replace(/\s+/g, " ").slice(0, 120)}</span>
        <span className="tool-status">{call.status.replace("_", " ")}</span>
      </summary>
      {given ? <pre>{given}</pre> : null}
      {call.output ? <pre>{call.output}</pre> : null}
    </details>
  );
}
