import { Random } from "../../../sim/random.js";
import type { Input } from "../peer.js";
import { Script } from "./script.js";
import { markdownTokens, times } from "./tokens.js";

const TOOLS = ["grep", "read_file", "run_tests", "list_files", "edit_file", "web_search"] as const;
const RUNNING = "running";
/** Tokens a second. */
const RATE = 60;

/** One who thinks, writes, calls a tool, and writes on while it runs. */
class Agent {
  readonly #script: Script;
  readonly #random: Random;
  readonly #tokens: Iterator<string>;
  readonly #call: number;
  readonly #parts: readonly [text: string, reasoning: string];
  #count = 0;

  /** @param call tokens from one call of a tool to the next one */
  constructor(
    script: Script,
    random: Random,
    tokens: readonly string[],
    call: number,
    name: string,
  ) {
    this.#script = script;
    this.#random = random;
    this.#tokens = tokens[Symbol.iterator]();
    this.#call = call;
    this.#parts = [`${name}text`, `${name}reasoning`];
    for (const part of this.#parts) script.begin(0, part);
  }

  /** The next token: the first quarter before each call is thought, the others are written. */
  next(at: number): void {
    const { value } = this.#tokens.next();
    const place = this.#count++ % this.#call;
    const [text, reasoning] = this.#parts;
    this.#script.append(at, place < this.#call / 4 ? reasoning : text, value);
    if (place === Math.floor(this.#call / 2)) this.#callTool(at, text);
  }

  #callTool(at: number, part: string): void {
    const random = this.#random;
    const seconds = 0.4 + 2 * random.next();
    const line = `\n\n> \`${random.pick(TOOLS)}\` (call ${random.int(1e4)}): ${RUNNING}`;
    this.#script.append(at, part, line);
    const done = random.chance(0.1) ? "failed" : `done in ${seconds.toFixed(1)} s`;
    this.#script.editBack(at + 1000 * seconds, part, RUNNING.length, done);
    this.#script.append(at, part, "\n\n");
  }
}

/**
 * A turn of some tokens and 20 calls of tools, of one agent or of several at once. The status line
 * of a call is edited back while the text goes on below it.
 */
export async function agent(name: string, count: number, agents: number): Promise<Input> {
  const random = new Random(agents);
  const call = Math.floor(count / 20);
  const script = new Script();
  const tokens = await markdownTokens(count, random);
  const each = Math.ceil(count / agents);
  const all = Array.from({ length: agents }, (_, i) => {
    const own = tokens.slice(i * each, (i + 1) * each);
    return new Agent(script, random, own, call, agents > 1 ? `${i + 1}-` : "");
  });
  const time = times(RATE, random);
  for (let i = 0; i < count; i++) all[i % agents]?.next(time.next().value);
  script.settle();
  const who = agents > 1 ? `${agents} agents at once` : "an agent's turn";
  return { name, title: `${who}, ${count} tokens, 20 calls edited back`, steps: script.steps };
}
