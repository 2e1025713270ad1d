import { cutTokens } from "../../../packages/cli/src/demo/tokens.js";
import type { Random } from "../../../sim/random.js";
import { Prose } from "./prose.js";

/** Characters that are more than a token has. */
const LONGEST = 6;

/** So many tokens of Markdown, as a model's tokenizer cuts it. */
export async function markdownTokens(count: number, random: Random): Promise<string[]> {
  const tokens = await cutTokens(new Prose(random).markdown(LONGEST * count));
  if (tokens.length < count) throw new RangeError(`only ${tokens.length} tokens`);
  return tokens.slice(0, count);
}

/** When each of some tokens comes, in milliseconds: at a rate, by fits and starts. */
export function* times(perSecond: number, random: Random, start = 0): Generator<number, never> {
  for (let at = start; ; ) {
    yield at;
    at += (1000 / perSecond) * (0.4 + 1.2 * random.next());
  }
}
