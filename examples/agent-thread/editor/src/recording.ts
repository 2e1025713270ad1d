/** One line of a recording: what happens to one entry of the turn. Members apply from top to bottom. */
export interface Step {
  /** The entry's id, unique in the turn. */
  readonly entry: string;
  /** Begins the entry; its first content may be empty. */
  readonly kind?: "text" | "tool_call";
  /** What of its attributes is another from now on. */
  readonly attributes?: { readonly tool_name?: string; readonly tool_status?: string };
  /** `changed_offset` and `removed`, in UTF-16 code units, and what stands there then. */
  readonly splice?: readonly [changedOffset: number, removed: number, text: string];
  /** What is added to the content. */
  readonly append?: string;
  /** Whether the entry is complete then. A later step of it is a late correction. */
  readonly ends?: boolean;
}

/** An agent's turn, as it came about. */
export interface Recording {
  /** What the thread is called. */
  readonly title?: string;
  /** What the user had asked. */
  readonly prompt?: string;
  readonly steps: readonly Step[];
}

/**
 * Reads a recording: one JSON object a line; the first may state `title` and `prompt` instead of a
 * step.
 *
 * @throws Error that names the line
 */
export function readRecording(text: string): Recording {
  const steps: Step[] = [];
  const begun = new Set<unknown>();
  let head: Omit<Recording, "steps"> = {};
  for (const [i, line] of text.split("\n").entries()) {
    if (line.trim() === "") continue;
    const step = objectOf(line, i + 1);
    if (i === 0 && !("entry" in step)) head = step;
    else if (typeof step.entry !== "string")
      throw new Error(`line ${i + 1}: a step names its entry`);
    else if (step.kind === undefined && !begun.has(step.entry)) {
      throw new Error(
        `line ${i + 1}: there is no entry ${step.entry} yet; its first step has a kind`,
      );
    } else {
      begun.add(step.entry);
      steps.push(step);
    }
  }
  return { ...head, steps };
}

/** What else is wrong with it is refused by who writes it. */
function objectOf(line: string, number: number): Step & Omit<Recording, "steps"> {
  try {
    const value: unknown = JSON.parse(line);
    if (typeof value === "object" && value !== null) return value as Step; // see above
  } catch {
    // what is no JSON is no object either
  }
  throw new Error(`line ${number} is no JSON object`);
}
