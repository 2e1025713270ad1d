import { readFile, stat } from "node:fs/promises";
import { extname } from "node:path";
import { InputError } from "./input-error.js";
import { parseObject } from "./json.js";
import { openCapture, type Provider, readCapture } from "./provider.js";
import type { Step } from "./step.js";
import { cutTokens } from "./tokens.js";
import { readTrace, resemblesTraceLine } from "./trace.js";

/** How an input was read. */
type InputFormat = "trace" | "text" | Provider;

/** What the demo plays. `steps` is never empty. */
export interface Input {
  readonly format: InputFormat;
  readonly steps: readonly Step[];
}

/** Bytes of an input file: the demo holds it, and all its steps, in memory. */
export const MAX_INPUT_BYTES: number = 16 * 1024 * 1024;

const UNKNOWN =
  "line 1 is neither of a trace (see TRACES.md) nor of a stream of OpenAI Responses, OpenAI chat " +
  "completions or Anthropic Messages; to play the file as text, rename it to .md";

/**
 * Reads a file of any of the formats. Its content decides which: a trace, a provider's stream, or
 * else text; a file called `*.md` or `*.markdown` is always text.
 *
 * @throws InputError
 */
export async function readInput(path: string): Promise<Input> {
  let bytes: Buffer;
  try {
    const { size } = await stat(path);
    if (size > MAX_INPUT_BYTES) {
      const message = `${path} has ${size} bytes, the limit is ${MAX_INPUT_BYTES}; cut it`;
      throw new InputError("too_large", message);
    }
    bytes = await readFile(path);
  } catch (error) {
    if (error instanceof InputError) throw error;
    const missing = (error as NodeJS.ErrnoException).code === "ENOENT"; // node:fs throws nothing else
    if (missing) throw new InputError("missing", `there is no file ${path}; check the path`);
    throw new InputError("unreadable", `${path} cannot be read: ${(error as Error).message}`);
  }
  return parseInput(bytes, path);
}

/**
 * The same for bytes at hand; `path` names them in errors, and its extension counts.
 *
 * @throws InputError
 */
export async function parseInput(bytes: Uint8Array, path: string): Promise<Input> {
  const content = decodeUtf8(bytes, path);
  const extension = extname(path).toLowerCase();
  const text = content.replace(/^\uFEFF/, "");
  if (text === "") throw new InputError("empty", `${path} is empty; name a file with some text`);
  if (extension !== ".md" && extension !== ".markdown") {
    const first = parseObject(/\S[^\n]*/.exec(text)?.[0] ?? "");
    if (first && resemblesTraceLine(first)) return played("trace", readTrace(text), path);
    const capture = openCapture(text);
    if (capture) return played(capture.provider, readCapture(capture), path);
    if (extension === ".jsonl" || extension === ".ndjson" || extension === ".sse") {
      throw new InputError("bad_line", `${path}: ${UNKNOWN}`, 1);
    }
  }
  const tokens = await cutTokens(content);
  const part = "text"; // the default text part of a message
  const steps = tokens.map((text): Step => ({ kind: "append", part, text }));
  return played("text", steps, path);
}

function played(format: InputFormat, steps: readonly Step[], path: string): Input {
  if (steps.length > 0) return { format, steps };
  throw new InputError("nothing_to_play", `${path} holds no content; name a file that has some`);
}

function decodeUtf8(bytes: Uint8Array, path: string): string {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    const advice = "name a text file, or convert it to UTF-8";
    throw new InputError("not_text", `${path} is not UTF-8 text; ${advice}`);
  }
}
