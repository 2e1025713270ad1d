import type { Input, Message, Peer } from "./peer.js";
import { Run } from "./run.js";
import { windowsOf } from "./windows.js";

/**
 * What becomes of it when one message in the middle is lost: the consumer says so, or ends with
 * something else and does not know, or shows the right text all the same.
 */
export type Loss = "noticed" | "silent" | "unharmed" | "too short";

/** Windows in which something is lost, at most. */
const WINDOWS = 1000;

/** Loses the message in the middle of the first so many windows of a run. */
export async function lossOf(peer: Peer, input: Input, atMost: number): Promise<Loss> {
  const windows = windowsOf(input, peer).slice(0, Math.min(WINDOWS, atMost));
  let count = 0;
  await (await Run.begin(peer, input)).play(() => {
    count += 1;
  }, windows);
  if (count < 3) return "too short";
  const run = await Run.begin(peer, input);
  const { receiver } = run;
  const lost = Math.floor(count / 2);
  let index = 0;
  let hasThrown = false;
  const carry = async (message: Message) => {
    if (index++ === lost || hasThrown) return;
    try {
      await receiver.receive(message);
    } catch {
      hasThrown = true;
    }
  };
  await run.play(carry, windows);
  if (hasThrown || receiver.hasNoticed) return "noticed";
  try {
    return run.truth.differences(receiver).length > 0 ? "silent" : "unharmed";
  } catch {
    return "noticed"; // what is left cannot be read
  }
}
