import type { Effort, Named, TargetRow } from "../results.js";
import { measureConnecting, measureMemory } from "./connecting.js";
import { Crowd } from "./crowd.js";
import { deliveryRow, measureDelivering } from "./delivering.js";
import { measurePayloads } from "./payloads.js";

/** Clients, milliseconds over which they come, bursts of them, tokens of a message that is timed. */
const EFFORTS = {
  smallest: { counts: [20], spread: 100, bursts: 1, tokens: 15 },
  quick: { counts: [100, 500], spread: 1000, bursts: 4, tokens: 100 },
  full: { counts: [100, 500], spread: 1000, bursts: 10, tokens: 500 },
} as const satisfies Record<Effort, object>;

/** What the documents that this began with ask for, each with its figure. */
export async function measureTargets(
  effort: Effort,
  progress: (line: string) => void = () => undefined,
): Promise<Named<TargetRow>> {
  const { counts, spread, bursts, tokens } = EFFORTS[effort];
  return Crowd.with(async (crowd) => {
    progress("targets: memory");
    const memory = await measureMemory(crowd, Math.max(...counts), spread, tokens);
    progress("targets: connecting");
    const connecting = await measureConnecting(crowd, counts, spread, bursts);
    progress("targets: payloads");
    const payloads = await measurePayloads(crowd);
    progress("targets: delivering");
    const delivering = await measureDelivering(crowd, tokens);
    const delivery = deliveryRow(crowd);
    return { ...payloads, ...connecting, ...delivering, delivery, ...memory };
  });
}
