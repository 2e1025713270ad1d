/** The members of a tool call's JSON part that change while it streams. */
export type ToolField = "status" | "arguments" | "code" | "output";

/** A JSON Pointer (RFC 6901) to one of them. */
type ToolPath = `/${ToolField}`;

/** What a tool call's JSON part holds. A member is absent until its first content has come. */
export interface ToolCall {
  readonly name: string;
  /** The provider's own word: `pending`, `running`, `in_progress`, `completed`, `failed`, ... */
  readonly status: string;
  /** The arguments as the provider streams them: JSON text, incomplete until the call is made. */
  readonly arguments?: string;
  readonly code?: string;
  readonly output?: string;
}

/**
 * One token-sized operation on the message that the demo writes.
 *
 * Every step can be applied as it stands: a part opens with the first step that names it
 * (`append` a text part, `json` a JSON part), and `json_append` only follows a step that gave
 * that member a string. No step is a no-op.
 */
export type Step =
  | Readonly<{ kind: "append"; part: string; text: string }>
  | Readonly<{ kind: "json"; part: string; value: ToolCall }>
  | Readonly<{ kind: "json_set"; part: string; path: ToolPath; value: string }>
  | Readonly<{ kind: "json_append"; part: string; path: ToolPath; text: string }>;

/** The content of a message, in document order: a string for a text part, else a tool call. */
export type Parts = Map<string, string | ToolCall>;

/**
 * Applies one step to `parts`, in place. This is the demo's own reading of its input: it shares
 * no code with the product, so that what the product delivers can be checked against it.
 *
 * @throws TypeError if the step does not fit the part it names
 */
export function applyStep(parts: Parts, step: Step): void {
  const before = parts.get(step.part);
  if (step.kind === "json") {
    parts.set(step.part, step.value);
  } else if (step.kind === "append") {
    if (typeof before === "object") throw new TypeError(`${step.part} is a JSON part`);
    parts.set(step.part, (before ?? "") + step.text);
  } else {
    if (typeof before !== "object") throw new TypeError(`${step.part} is not a JSON part`);
    const field = step.path.slice(1) as ToolField; // the type of `path` says so
    const held = step.kind === "json_set" ? "" : before[field];
    if (held === undefined) throw new TypeError(`${step.part}${step.path} holds no text yet`);
    const added = step.kind === "json_set" ? step.value : step.text;
    parts.set(step.part, { ...before, [field]: held + added });
  }
}
