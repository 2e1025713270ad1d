import type { Effort, Named, TargetRow } from "../results.js";
import { measureConnecting, measureMemory } from "./connecting.js";
import { Crowd } from "./crowd.js";
import { deliveryRow, measureDelivering } from "./delivering.js";
import { measurePayloads } from "./payloads.js";

/** Clients at once, and tokens of a message whose way is timed. */
const EFFORTS = {
  smallest: { counts: [20], tokens: 25 },
  quick: { counts: [100, 500], tokens: 100 },
  full: { counts: [100, 500], tokens: 500 },
} as const satisfies Record<Effort, object>;

/** What the documents that this began with ask for, each with its figure. */
export async function measureTargets(
  effort: Effort,
  progress: (line: string) => void = () => undefined,
): Promise<Named<TargetRow>> {
  const { counts, tokens } = EFFORTS[effort];
  return Crowd.with(async (crowd) => {
    progress("targets: memory");
    const memory = await measureMemory(crowd, Math.max(...counts), tokens);
    progress("targets: connecting");
    const connecting = await measureConnecting(crowd, counts);
    progress("targets: payloads");
    const payloads = await measurePayloads(crowd);
    progress("targets: delivering");
    const delivering = await measureDelivering(crowd, tokens);
    const delivery = deliveryRow(crowd);
    return { ...payloads, ...connecting, ...delivering, delivery, ...memory };
  });
}
