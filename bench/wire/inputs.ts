import type { Effort } from "../results.js";
import { chat } from "./inputs/chat.js";
import type { Input } from "./peer.js";

/** What is run on every wire. Shorter than in full, an input says so. */
export async function inputsOf(_effort: Effort): Promise<readonly Input[]> {
  return Promise.all([chat("chat-20", 1000, 20), chat("chat-100", 1000, 100)]);
}
