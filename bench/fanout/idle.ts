import type { Effort, IdleRow, Named } from "../results.js";
import { figureOf } from "../statistics.js";
import { Child } from "./child.js";
import type { ConsumersAnswer, ConsumersOrder } from "./consumers.js";
import { FANOUT_PEERS, type FanoutPeerName } from "./peer.js";
import type { ServerAnswer, ServerOrder } from "./server.js";
import { slopeOf } from "./slope.js";

interface Plan {
  /** Consumers that have joined when the server is looked at: the first for the rest to be warm. */
  readonly counts: readonly number[];
  readonly rounds: number;
  readonly peers: readonly FanoutPeerName[];
}

const PLANS: Readonly<Record<Effort, Plan>> = {
  smallest: { counts: [10, 40], rounds: 1, peers: ["deltawire", "ws"] },
  quick: { counts: [200, 1000], rounds: 1, peers: FANOUT_PEERS },
  full: { counts: [200, 600, 1000, 1400], rounds: 5, peers: FANOUT_PEERS },
};

/** Bytes of each connection. */
interface Sample {
  /** Of the heap, and of what hangs on it. */
  readonly held: number;
  readonly resident: number;
}

/**
 * What a server holds for a consumer that has joined and to which nothing is sent: the slope over
 * several numbers of them, after the garbage was collected.
 *
 * @param progress what is done now, for people
 */
export async function measureIdle(
  effort: Effort,
  progress: (line: string) => void = () => undefined,
): Promise<Named<IdleRow>> {
  const { counts, rounds, peers } = PLANS[effort];
  const samples = new Map(peers.map((peer) => [peer, [] as Sample[]]));
  for (let round = 0; round < rounds; round++) {
    for (const peer of peers) {
      progress(`idle connections: ${peer}, round ${round + 1} of ${rounds}`);
      samples.get(peer)?.push(await sampleOf(peer, counts));
    }
  }
  const base = samples.get("ws") ?? [];
  const row = (all: readonly Sample[]): IdleRow => ({
    bytesPerConnection: figureOf(all.map(({ held }) => held)),
    resident: figureOf(all.map(({ resident }) => resident)),
    aboveWs: figureOf(all.map(({ held }, round) => held - (base[round]?.held ?? Number.NaN))),
  });
  return Object.fromEntries([...samples].map(([peer, all]) => [peer, row(all)]));
}

async function sampleOf(peer: FanoutPeerName, counts: readonly number[]): Promise<Sample> {
  const at = (file: string) => new URL(file, import.meta.url);
  const server = await Child.start<ServerOrder, ServerAnswer>(at("./server.ts"), peer);
  const consumers = await Child.start<ConsumersOrder, ConsumersAnswer>(at("./consumers.ts"));
  const { port, control } = server.first;
  const points: { readonly count: number; readonly held: number; readonly resident: number }[] = [];
  try {
    for (const [i, count] of counts.entries()) {
      const readers = count - (counts[i - 1] ?? 0);
      await consumers.child.ask({ type: "join", peer, port, control, readers, witnesses: 0 });
      const { held } = await server.child.ask({ type: "collect" });
      points.push({ count, held, resident: server.child.resident });
    }
  } finally {
    server.child.end();
    consumers.child.end();
  }
  const slope = (of: "held" | "resident") =>
    slopeOf(points.map((point) => [point.count, point[of]]));
  return { held: slope("held"), resident: slope("resident") };
}
