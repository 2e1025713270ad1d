import type { JsonValue } from "@deltawire/client";

/** What the editor says of a tool call, in a JSON part. */
export interface ToolCall {
  readonly name: string;
  readonly status: string;
  readonly arguments?: string;
  readonly code?: string;
  readonly output?: string;
}

const MEMBERS = ["arguments", "code", "output"] as const;

/** Reads a tool call; what is missing or of another type is left out. */
export function toolCallOf(value: JsonValue): ToolCall {
  const members = new Map(typeof value === "object" && value ? Object.entries(value) : []);
  const text = (name: string): string | undefined => {
    const member = members.get(name);
    return typeof member === "string" ? member : undefined;
  };
  const call = { name: text("name") ?? "tool", status: text("status") ?? "pending" };
  const given = MEMBERS.flatMap((name) => {
    const member = text(name);
    return member === undefined ? [] : [[name, member] as const];
  });
  return { ...call, ...Object.fromEntries(given) };
}
