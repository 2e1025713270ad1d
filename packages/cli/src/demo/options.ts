import { parseArgs } from "node:util";
import { UsageError } from "../usage-error.js";

/** What the demo is asked to do. */
export interface DemoOptions {
  readonly input?: string;
  readonly rate: number;
  readonly parts: number;
  readonly json: boolean;
  /** Cuts every connection every two seconds. */
  readonly chaos: boolean;
  readonly corrupt?: string;
}

export const DEMO_HELP = `deltawire demo: one editor writes, three consumers watch, everything is measured

Usage: npm run demo -- [options]      in a clone of the project
       deltawire demo [options]       where the command is installed

  --input FILE   what the editor writes: a recorded stream (TRACES.md has the format), a raw
                 capture of OpenAI Responses, OpenAI chat completions or Anthropic Messages,
                 or any Markdown or text file. Without it: a long agent turn with ten tool calls.
  --rate N       tokens a second (default 200)
  --parts N      text parts that grow in turn, 1 to 64 (default 1: the input as it is)
  --chaos        cut every connection every two seconds, wherever its bytes are
  --json         one JSON object on standard output, and nothing else
  --corrupt NAME let a consumer (start, late or json) hold something else in the end,
                 to see the check fail
  --help         this

The exit code is 0 if every consumer holds what the editor wrote, 1 if one does not, and 2 if the
demo could not run.
`;

/** @throws UsageError */
export function parseDemoOptions(args: readonly string[]): DemoOptions | "help" {
  let values: ReturnType<typeof parse>;
  try {
    values = parse(args);
  } catch (error) {
    throw new UsageError(`${error instanceof Error ? error.message : error}; see --help`);
  }
  if (values.help) return "help";
  const { input, corrupt } = values;
  if (corrupt !== undefined && !["start", "late", "json"].includes(corrupt)) {
    throw new UsageError(`--corrupt ${corrupt}: the consumers are start, late and json`);
  }
  return {
    rate: numberOf("rate", values.rate, 0.01, 1e9),
    parts: Math.floor(numberOf("parts", values.parts, 1, 64)),
    json: values.json,
    chaos: values.chaos,
    ...(input !== undefined && { input }),
    ...(corrupt !== undefined && { corrupt }),
  };
}

function parse(args: readonly string[]) {
  return parseArgs({
    args: [...args],
    options: {
      input: { type: "string" },
      rate: { type: "string", default: "200" },
      parts: { type: "string", default: "1" },
      json: { type: "boolean", default: false },
      chaos: { type: "boolean", default: false },
      corrupt: { type: "string" },
      help: { type: "boolean", default: false },
    },
  }).values;
}

function numberOf(name: string, text: string, least: number, most: number): number {
  const value = Number(text);
  if (text.trim() !== "" && value >= least && value <= most) return value;
  throw new UsageError(`--${name} ${text}: give a number from ${least} to ${most}`);
}
