import type { Input, Message, Peer } from "./peer.js";
import { Run } from "./run.js";

/**
 * What becomes of it when one message in the middle is lost: the consumer says so, or ends with
 * something else and does not know, or shows the right text all the same.
 */
export type Loss = "noticed" | "silent" | "unharmed" | "too short";

/**
 * Loses the message in the middle of a run.
 *
 * @param count how many messages there are
 * @param windows how many windows they are of
 */
export async function lossOf(
  peer: Peer,
  input: Input,
  count: number,
  windows: number,
): Promise<Loss> {
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
  await run.play(carry, run.windows.slice(0, windows));
  if (hasThrown || receiver.hasNoticed) return "noticed";
  return run.truth.differences(receiver).length > 0 ? "silent" : "unharmed";
}
