import { setTimeout as wait } from "node:timers/promises";
import { Child } from "./fanout/child.js";
import { slopeOf } from "./fanout/slope.js";
import type { Effort, Named, StalledRow } from "./results.js";
import type { ConsumersAnswer, ConsumersOrder } from "./stalled/consumers.js";
import { STALLED_PEERS, type StalledPeerName } from "./stalled/peer.js";
import type { ServerAnswer, ServerOrder } from "./stalled/server.js";
import { figureOf } from "./statistics.js";

/** Consumers that read on. */
const LIVE = 3;

interface Plan {
  /** Consumers that stall in each run, and rounds of all. */
  readonly counts: readonly number[];
  readonly rounds: number;
  /** Texts that are added while they do. */
  readonly texts: number;
  /** Of those that stalled, how many read on afterwards in the first round. */
  readonly drained: number;
  /** Megabytes that are there before anybody joins. */
  readonly megabytes: number;
}

const PLANS: Readonly<Record<Effort, Plan>> = {
  smallest: { counts: [0, 5], rounds: 1, texts: 5, drained: 5, megabytes: 2 },
  quick: { counts: [20, 200], rounds: 1, texts: 50, drained: 10, megabytes: 20 },
  full: { counts: [0, 20, 100, 200], rounds: 5, texts: 300, drained: 200, megabytes: 20 },
};

/**
 * What consumers of 20 MB cost a server that do not read while more is added: the slope over
 * several numbers of them of its memory, as the operating system counts it. In the first round
 * they read on afterwards, and must hold what the server holds.
 *
 * @param progress what is done now, for people
 * @throws Error where one does not
 */
export async function measureStalled(
  effort: Effort,
  progress: (line: string) => void = () => undefined,
): Promise<Named<StalledRow>> {
  const plan = PLANS[effort];
  const { counts, rounds } = plan;
  const slopes = new Map(STALLED_PEERS.map((peer) => [peer, [] as number[]]));
  for (let round = 0; round < rounds; round++) {
    for (const peer of STALLED_PEERS) {
      const points: [number, number][] = [];
      for (const count of counts) {
        progress(`${count} stalled consumers of ${peer}, round ${round + 1} of ${rounds}`);
        points.push([
          count,
          await growth(peer, count, round === 0 ? plan : { ...plan, drained: 0 }),
        ]);
      }
      slopes.get(peer)?.push(slopeOf(points));
    }
  }
  const rows = [...slopes].map(([peer, all]) => [peer, { bytesPerConsumer: figureOf(all) }]);
  return Object.fromEntries(rows);
}

/** Bytes by which a server's process grows while some stall. */
async function growth(
  peer: StalledPeerName,
  stalled: number,
  { texts, drained, megabytes }: Plan,
): Promise<number> {
  const at = (file: string) => new URL(file, import.meta.url);
  const [server, consumers] = await Promise.all([
    Child.start<ServerOrder, ServerAnswer>(at("./stalled/server.ts"), peer, String(megabytes)),
    Child.start<ConsumersOrder, ConsumersAnswer>(
      at("./stalled/consumers.ts"),
      peer,
      String(megabytes),
    ),
  ]);
  const ask = async (order: ConsumersOrder): Promise<void> => {
    const { isWhole } = await consumers.child.ask(order);
    if (!isWhole) throw new Error(`${peer}: not all that read on hold what the server holds`);
  };
  const resident = async (): Promise<number> => {
    await server.child.ask({ type: "collect" });
    await wait(500); // for pages to go back
    return server.child.resident;
  };
  try {
    const { url } = server.first;
    await ask({ type: "join", url, stalled: 0, live: LIVE }); // first: they leave much garbage
    const before = await resident();
    await ask({ type: "join", url, stalled, live: 0 });
    const { proof } = await server.child.ask({ type: "append", texts });
    const after = await resident();
    await ask({ type: "verify", proof, drained });
    return after - before;
  } finally {
    server.child.end();
    consumers.child.end();
  }
}
