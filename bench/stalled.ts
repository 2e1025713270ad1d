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
  /** How often garbage is collected, every {@link PAUSE}, before memory is looked at. */
  readonly looks: number;
}

/**
 * Milliseconds. The engine gives the room for new objects back, 32 MB of it, once few were made for
 * a while: a process that has just been busy looks that much larger than one that has not.
 */
const PAUSE = 500;

/** Memory of a server, in bytes. */
interface Memory {
  /** As the operating system counts it. */
  readonly resident: number;
  /** Heap and external memory: what lies in holes that others have left is seen here only. */
  readonly held: number;
}

const PLANS: Readonly<Record<Effort, Plan>> = {
  smallest: { counts: [0, 5], rounds: 1, texts: 5, drained: 5, megabytes: 2, looks: 1 },
  quick: { counts: [20, 200], rounds: 1, texts: 50, drained: 10, megabytes: 20, looks: 6 },
  full: {
    counts: [0, 20, 100, 200],
    rounds: 5,
    texts: 300,
    drained: 200,
    megabytes: 20,
    looks: 6,
  },
};

/**
 * What consumers of 20 MB cost a server that do not read while more is added: the slope over
 * several numbers of them of its memory, as the operating system and as it counts it. In the first round
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
  const slopes = new Map(STALLED_PEERS.map((peer) => [peer, [] as Memory[]]));
  for (let round = 0; round < rounds; round++) {
    for (const peer of STALLED_PEERS) {
      const points: [number, Memory][] = [];
      for (const count of counts) {
        progress(`${count} stalled consumers of ${peer}, round ${round + 1} of ${rounds}`);
        points.push([
          count,
          await growth(peer, count, round === 0 ? plan : { ...plan, drained: 0 }),
        ]);
      }
      const slope = (what: keyof Memory) =>
        slopeOf(points.map(([count, memory]) => [count, memory[what]]));
      slopes.get(peer)?.push({ resident: slope("resident"), held: slope("held") });
    }
  }
  const figure = (all: readonly Memory[], what: keyof Memory) =>
    figureOf(all.map((memory) => memory[what]));
  const rows = [...slopes].map(([peer, all]): [string, StalledRow] => [
    peer,
    { bytesPerConsumer: figure(all, "resident"), heldPerConsumer: figure(all, "held") },
  ]);
  return Object.fromEntries(rows);
}

/** By how much a server's process grows while some stall. */
async function growth(
  peer: StalledPeerName,
  stalled: number,
  { texts, drained, megabytes, looks }: Plan,
): Promise<Memory> {
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
  const memory = async (): Promise<Memory> => {
    let held = Number.NaN;
    for (let i = 0; i < looks; i++) {
      ({ held = Number.NaN } = await server.child.ask({ type: "collect" }));
      await wait(PAUSE);
    }
    return { resident: server.child.resident, held };
  };
  try {
    const { url } = server.first;
    await ask({ type: "join", url, stalled: 0, live: LIVE }); // first: they leave much garbage
    const before = await memory();
    await ask({ type: "join", url, stalled, live: 0 });
    const { proof } = await server.child.ask({ type: "append", texts });
    const after = await memory();
    await ask({ type: "verify", proof, drained });
    return { resident: after.resident - before.resident, held: after.held - before.held };
  } finally {
    server.child.end();
    consumers.child.end();
  }
}
