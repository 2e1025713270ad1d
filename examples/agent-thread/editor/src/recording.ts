/** One line of a recording: what happens to one entry of the turn. Members apply from top to bottom. */
export interface Step {
  /** The entry's id, unique in the turn. */
  readonly entry: string;
  /** Begins the entry; its first content may be empty. */
  readonly type?: EntryType;
  /** The tool of a tool call, from now on. */
  readonly tool_name?: string;
  /** How far the tool call is, from now on. */
  readonly tool_status?: string;
  /** The whole content. */
  readonly set?: string;
  /** `changed_offset` and `removed`, in UTF-16 code units, and what stands there then. */
  readonly splice?: readonly [changedOffset: number, removed: number, text: string];
  /** What is added to the content. */
  readonly append?: string;
  /** Ends the entry. A later step of it is a late correction. */
  readonly end?: "completed" | "failed" | "cancelled";
}

/** What an entry of a thread is. */
type EntryType = "text" | "tool_call";

/** An agent's turn, as it came about. */
export interface Recording {
  /** What the thread is called. */
  readonly title?: string;
  /** What the user had asked. */
  readonly prompt?: string;
  readonly steps: readonly Step[];
}

/** The members of a step, and how each is recognised. */
const MEMBERS: Readonly<Record<string, (value: unknown) => boolean>> = {
  entry: (value) => typeof value === "string" && value !== "",
  type: (value) => value === "text" || value === "tool_call",
  tool_name: isText,
  tool_status: isText,
  set: isText,
  splice: (value) =>
    Array.isArray(value) &&
    value.length === 3 &&
    isOffset(value[0]) &&
    isOffset(value[1]) &&
    isText(value[2]),
  append: isText,
  end: (value) => ["completed", "failed", "cancelled"].includes(String(value)),
};

/**
 * Reads a recording: one JSON object a line; the first may state `title` and `prompt` instead of a
 * step.
 *
 * @throws Error that names the line
 */
export function readRecording(text: string): Recording {
  const steps: Step[] = [];
  const begun = new Set<string>();
  let head: { title?: string; prompt?: string } = {};
  for (const [i, line] of text.split("\n").entries()) {
    if (line.trim() === "") continue;
    const value = objectOf(line, i);
    if (i === 0 && !("entry" in value)) {
      const { title, prompt } = value;
      head = { ...(isText(title) && { title }), ...(isText(prompt) && { prompt }) };
      continue;
    }
    const wrong = ["entry", ...Object.keys(value)].find((key) => !MEMBERS[key]?.(value[key]));
    if (wrong !== undefined) throw new Error(`line ${i + 1}: ${wrong} is not what it may be`);
    const step = value as unknown as Step; // each of its members was just looked at
    if (step.type !== undefined) begun.add(step.entry);
    else if (!begun.has(step.entry)) {
      throw new Error(
        `line ${i + 1}: entry ${step.entry} was not begun; its first line has a type`,
      );
    }
    steps.push(step);
  }
  return { ...head, steps };
}

function objectOf(line: string, i: number): Readonly<Record<string, unknown>> {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {
    // what is no JSON is no object either
  }
  if (typeof value === "object" && value !== null && !Array.isArray(value)) {
    return value as Record<string, unknown>; // an object of JSON
  }
  throw new Error(`line ${i + 1} is no JSON object`);
}

function isText(value: unknown): value is string {
  return typeof value === "string";
}

const isOffset = (value: unknown): boolean => Number.isInteger(value) && Number(value) >= 0;
