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

/** What the command `demo` is asked for. */
export interface DemoCommand {
  /** The measured run. */
  readonly run: DemoOptions;
  /** The live page; absent where there shall be none. */
  readonly page?: { readonly port: number };
}

/** The page's first port to try. */
const PORT = 4680;

export const DEMO_HELP = `deltawire demo: a page to watch and to break things on, and a measured run

One editor writes, three consumers watch, everything is measured: the table of that is printed here.
The page, whose address comes first, stays until Ctrl-C.

Usage: npm run demo -- [options]      in a clone of the project
       deltawire demo [options]       where the command is installed

  --no-page      the measured run alone; the command ends with it
  --port N       the page's port; the next free one if it is in use (default 4680)
  --input FILE   what the editor writes: a recorded stream (TRACES.md has the format), a raw
                 capture of OpenAI Responses, OpenAI chat completions or Anthropic Messages,
                 or any Markdown or text file. Without it: a long agent turn with ten tool calls.
  --rate N       tokens a second (default 200)
  --parts N      text parts that grow in turn, 1 to 64 (default 1: the input as it is)
  --chaos        cut every connection every two seconds, wherever its bytes are
  --json         one JSON object on standard output, and nothing else; without the page
  --corrupt NAME let a consumer (start, late or json) hold something else in the end,
                 to see the check fail
  --help         this

The exit code is 0 if every consumer holds what the editor wrote, 1 if one does not, and 2 if the
demo could not run.
`;

/** @throws UsageError */
export function parseDemoOptions(args: readonly string[]): DemoCommand | "help" {
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
  const run: DemoOptions = {
    rate: numberOf("rate", values.rate, 0.01, 1e9),
    parts: Math.floor(numberOf("parts", values.parts, 1, 64)),
    json: values.json,
    chaos: values.chaos,
    ...(input !== undefined && { input }),
    ...(corrupt !== undefined && { corrupt }),
  };
  const isAlone = values.json || values["no-page"];
  if (isAlone && values.port !== undefined) {
    throw new UsageError("--port is the page's: leave it out with --no-page and --json");
  }
  if (isAlone) return { run };
  return { run, page: { port: portOf(values.port ?? String(PORT)) } };
}

function portOf(text: string): number {
  const port = numberOf("port", text, 0, 65_535);
  if (Number.isInteger(port)) return port;
  throw new UsageError(`--port ${text}: give a whole number`);
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
      "no-page": { type: "boolean", default: false },
      port: { type: "string" },
      help: { type: "boolean", default: false },
    },
  }).values;
}

function numberOf(name: string, text: string, least: number, most: number): number {
  const value = Number(text);
  if (text.trim() !== "" && value >= least && value <= most) return value;
  throw new UsageError(`--${name} ${text}: give a number from ${least} to ${most}`);
}
