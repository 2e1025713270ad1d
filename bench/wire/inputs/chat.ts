import { Random } from "../../../sim/random.js";
import type { Input } from "../peer.js";
import { markdownTokens, times } from "./tokens.js";

const PART = "text";

/** An answer of so many tokens at a rate, as one text. */
export async function chat(name: string, count: number, perSecond: number): Promise<Input> {
  const tokens = await markdownTokens(count, new Random(count));
  const time = times(perSecond, new Random(perSecond));
  const steps: Input["steps"][number][] = tokens.map((text) => ({
    at: time.next().value,
    edits: [{ is: "append", part: PART, text }],
  }));
  const begin = { at: 0, edits: [{ is: "text", part: PART } as const] };
  const title = `a chat of ${count} tokens, ${perSecond} a second`;
  return { name, title, steps: [begin, ...steps] };
}
