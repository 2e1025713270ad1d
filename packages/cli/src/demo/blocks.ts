import { InputError } from "./input-error.js";
import type { Step, ToolField } from "./step.js";
import type { TraceKind, TraceLine } from "./trace-line.js";

/** A block in a trace becomes a text part or, if it is a tool call, a JSON part. */
type Block =
  | Readonly<{ type: "text"; part: string }>
  | {
      readonly type: "tool";
      readonly part: string;
      readonly begun: Set<ToolField>;
      status: string;
    };

/** Names of `start` lines that open a text part, and the word its part id begins with. */
const TEXT_NAMES: ReadonlyMap<string, string> = new Map([
  ["text", "text"],
  ["message", "text"],
  ["reasoning", "reasoning"],
  ["thinking", "reasoning"],
  ["code", "code"],
]);

const FIELDS = { args: "arguments", code: "code", result: "output" } as const;

/**
 * Turns trace lines into steps, one line at a time.
 *
 * What a block is, its first line decides: a `start` by its name, and without a `start` the kinds
 * `text`, `reasoning` and `code` open a text part, the others a tool call. Lines that change
 * nothing (an empty delta, a second `start`, the `status` of a text, the status that a call
 * already has) make no step.
 */
export class Blocks {
  readonly steps: Step[] = [];
  readonly #blocks = new Map<number, Block>();

  /** @throws InputError `bad_line` if the line does not fit its block; `at` is its line number */
  add(line: TraceLine, at: number): void {
    const block = this.#blocks.get(line.i) ?? this.#open(line);
    if (line.k !== "start" && line.d !== "") {
      if (block.type === "tool") this.#tool(block, line, at);
      else this.#text(block, line, at);
    }
  }

  #open({ i, k, name }: TraceLine): Block {
    const prefix = TEXT_NAMES.get(k === "start" ? (name ?? "") : k);
    const block: Block = prefix
      ? { type: "text", part: `${prefix}-${i}` }
      : { type: "tool", part: `tool-${i}`, status: "pending", begun: new Set() };
    this.#blocks.set(i, block);
    if (block.type === "tool") {
      const value = { name: name ?? "tool", status: block.status };
      this.steps.push({ kind: "json", part: block.part, value });
    }
    return block;
  }

  #text({ part }: Block, { i, k, d }: TraceLine, at: number): void {
    if (k === "args" || k === "result") throw misplaced(i, k, "a text", at);
    if (k !== "status") this.steps.push({ kind: "append", part, text: d });
  }

  #tool(block: Block & { type: "tool" }, { i, k, d }: TraceLine, at: number): void {
    const { part } = block;
    if (k === "status") {
      if (d === block.status) return;
      block.status = d;
      this.steps.push({ kind: "json_set", part, path: "/status", value: d });
      return;
    }
    const field = k === "args" || k === "code" || k === "result" ? FIELDS[k] : undefined;
    if (field === undefined) throw misplaced(i, k, "a tool call", at);
    const path = `/${field}` as const;
    if (block.begun.has(field)) this.steps.push({ kind: "json_append", part, path, text: d });
    else this.steps.push({ kind: "json_set", part, path, value: d });
    block.begun.add(field);
  }
}

function misplaced(block: number, kind: TraceKind, what: string, at: number): InputError {
  const advice = "give it a block number of its own";
  const message = `line ${at}: block ${block} is ${what} and cannot take "${kind}"; ${advice}`;
  return new InputError("bad_line", message, at);
}
