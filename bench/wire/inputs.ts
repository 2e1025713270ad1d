import type { Effort } from "../results.js";
import { agent } from "./inputs/agent.js";
import { argument } from "./inputs/argument.js";
import { chat } from "./inputs/chat.js";
import { letters } from "./inputs/letters.js";
import { state } from "./inputs/state.js";
import { terminal } from "./inputs/terminal.js";
import { traces } from "./inputs/traces.js";
import type { Input } from "./peer.js";

/** How long the long ones are; their titles say so. */
const LENGTHS: Readonly<Record<Effort, { tokens: number; calls: number; deltas: number }>> = {
  smallest: { tokens: 240, calls: 6, deltas: 100 },
  quick: { tokens: 10_000, calls: 50, deltas: 64_000 },
  full: { tokens: 10_000, calls: 50, deltas: 64_000 },
};

/** What is run on every wire. */
export async function inputsOf(effort: Effort): Promise<readonly Input[]> {
  const { tokens, calls, deltas } = LENGTHS[effort];
  const chatTokens = Math.min(tokens, 1000);
  return Promise.all([
    chat("chat-20", chatTokens, 20),
    chat("chat-100", chatTokens, 100),
    agent("agent", tokens, 1),
    agent("agent-parallel", tokens, 4),
    letters("cjk-emoji", Math.min(tokens, 2000)),
    state("json-state", calls),
    argument("tool-argument", deltas),
    terminal(),
    ...(effort === "smallest" ? [] : await traces()),
  ]);
}
