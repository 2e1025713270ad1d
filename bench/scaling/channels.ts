import { Child } from "../fanout/child.js";
import { slopeOf } from "../fanout/slope.js";
import type { Effort } from "../results.js";
import type { LogPlace, ServerAnswer, ServerOrder } from "./server.js";

/** How many channels are loaded when a server is looked at: the first for the rest to be warm. */
const COUNTS: Readonly<Record<Effort, readonly number[]>> = {
  smallest: [20, 60],
  quick: [300, 1300],
  full: [300, 1300, 2300],
};

/** Starts a server. */
export function startServer(
  place: LogPlace,
): Promise<{ child: Child<ServerOrder, ServerAnswer>; first: ServerAnswer }> {
  const module = new URL("./server.ts", import.meta.url);
  return Child.start<ServerOrder, ServerAnswer>(module, JSON.stringify(place));
}

/** Bytes of heap and external memory for each channel that is loaded, and that nobody uses. */
export async function measureChannel(place: LogPlace, effort: Effort): Promise<number> {
  const { child } = await startServer(place);
  try {
    const points: [number, number][] = [];
    for (const count of COUNTS[effort]) {
      const { held } = await child.ask({
        type: "load",
        channels: count - (points.at(-1)?.[0] ?? 0),
      });
      points.push([count, held]);
    }
    return slopeOf(points);
  } finally {
    child.end();
  }
}
