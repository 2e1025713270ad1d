import { Blocks } from "./blocks.js";
import { InputError } from "./input-error.js";
import { type JsonObject, parseObject } from "./json.js";
import type { Step } from "./step.js";
import { KINDS, type TraceLine } from "./trace-line.js";

/** Whether an object has the look of a trace line, right or wrong; for telling file formats apart. */
export function resemblesTraceLine(value: JsonObject): boolean {
  return "i" in value && "k" in value && "d" in value;
}

/**
 * The steps of a trace. Blank lines are skipped, unknown members ignored.
 *
 * @throws InputError `bad_line` with the line's number
 */
export function readTrace(text: string): Step[] {
  const blocks = new Blocks();
  for (const [index, line] of text.split("\n").entries()) {
    if (line.trim() !== "") blocks.add(parseLine(line, index + 1), index + 1);
  }
  return blocks.steps;
}

function parseLine(line: string, at: number): TraceLine {
  const value = parseObject(line);
  if (value === undefined) {
    throw bad(
      at,
      'not a JSON object; a trace holds one a line, such as {"i":0,"k":"text","d":"Hello"}',
    );
  }
  const { i, d, name } = value;
  const k = KINDS.find((kind) => kind === value.k);
  if (typeof i !== "number" || !Number.isSafeInteger(i) || i < 0) {
    throw bad(at, '"i" must be the number of a block (0, 1, 2, ...)');
  }
  if (k === undefined) throw bad(at, `"k" must be one of ${KINDS.join(", ")}`);
  if (typeof d !== "string") throw bad(at, '"d" must be a string');
  if (name !== undefined && typeof name !== "string") throw bad(at, '"name" must be a string');
  return { i, k, d, ...(name === undefined ? {} : { name }) };
}

function bad(at: number, what: string): InputError {
  return new InputError("bad_line", `line ${at}: ${what}; see TRACES.md`, at);
}
