import type { Effort, FanoutRow, Named } from "../results.js";
import { figureOf } from "../statistics.js";
import { Child } from "./child.js";
import type { ConsumersAnswer, ConsumersOrder } from "./consumers.js";
import { FANOUT_PEERS, type FanoutPeerName } from "./peer.js";
import type { ServerAnswer, ServerOrder } from "./server.js";

/** Frames of one turn of the server's event loop. */
const SIZES = { one: 1, ten: 10 } as const;

type Size = keyof typeof SIZES;

/** Consumers of each server that are the peer's own clients, and compare what they hold. */
const WITNESSES = 2;

/** Messages a second of the fixed rate, to all consumers together, and its shortest interval. */
const RATE = 40_000;
const SHORTEST_INTERVAL = 10;

interface Plan {
  readonly counts: readonly number[];
  readonly rounds: number;
  /** Milliseconds of sending as fast as is read, in each round. */
  readonly flood: number;
  /** Turns at the fixed rate, of one frame and of ten, in each round. */
  readonly turns: Readonly<Record<Size, number>>;
}

const PLANS: Readonly<Record<Effort, Plan>> = {
  smallest: { counts: [20], rounds: 1, flood: 20, turns: { one: 3, ten: 2 } },
  quick: { counts: [100, 1000], rounds: 3, flood: 200, turns: { one: 10, ten: 3 } },
  full: { counts: [100, 500, 1000, 2000], rounds: 7, flood: 700, turns: { one: 40, ten: 10 } },
};

/** What one round measured of one peer. */
interface Sample {
  readonly perSecond: number;
  readonly cpuPerMessage: number;
  readonly p50: number;
  readonly p99: number;
  readonly p999: number;
}

/** The results of {@link measureFanout}: by the number of consumers, and by peer. */
export type Fanout = Readonly<Record<"fanout" | "fanoutTen", Named<Named<FanoutRow>>>>;

/**
 * What it takes to bring the same text to many consumers: the server in a process of its own, and
 * all consumers in another one. Peers take turns, so that noise meets all of them alike.
 *
 * @param progress what is done now, for people
 * @throws Error where anything was lost, or came twice
 */
export async function measureFanout(
  effort: Effort,
  progress: (line: string) => void = () => undefined,
): Promise<Fanout> {
  const plan = PLANS[effort];
  const fanout: Record<string, Named<FanoutRow>> = {};
  const fanoutTen: Record<string, Named<FanoutRow>> = {};
  for (const count of plan.counts) {
    const audience = await Audience.of(count, progress);
    try {
      const samples = await audience.measure(plan, progress);
      fanout[count] = rowsOf(samples, "one");
      fanoutTen[count] = rowsOf(samples, "ten");
    } finally {
      audience.end();
    }
  }
  return { fanout, fanoutTen };
}

type Samples = ReadonlyMap<FanoutPeerName, Readonly<Record<Size, readonly Sample[]>>>;

function rowsOf(samples: Samples, size: Size): Named<FanoutRow> {
  const row = (all: readonly Sample[]): FanoutRow => {
    const base = samples.get("ws")?.[size] ?? [];
    const figure = (name: keyof Sample) => figureOf(all.map((sample) => sample[name]));
    const ratio = (name: keyof Sample) =>
      figureOf(all.map((sample, round) => sample[name] / (base[round]?.[name] ?? Number.NaN)));
    return {
      perSecond: figure("perSecond"),
      cpuPerMessage: figure("cpuPerMessage"),
      p50: figure("p50"),
      p99: figure("p99"),
      p999: figure("p999"),
      toWs: { perSecond: ratio("perSecond"), cpuPerMessage: ratio("cpuPerMessage") },
    };
  };
  return Object.fromEntries([...samples].map(([name, { [size]: all }]) => [name, row(all)]));
}

/** As many consumers of every peer. */
class Audience {
  readonly #count: number;
  readonly #consumers: Child<ConsumersOrder, ConsumersAnswer>;
  readonly #servers = new Map<FanoutPeerName, Child<ServerOrder, ServerAnswer>>();

  private constructor(count: number, consumers: Child<ConsumersOrder, ConsumersAnswer>) {
    this.#count = count;
    this.#consumers = consumers;
  }

  static async of(count: number, progress: (line: string) => void): Promise<Audience> {
    const program = new URL("./consumers.ts", import.meta.url);
    const { child } = await Child.start<ConsumersOrder, ConsumersAnswer>(program);
    const audience = new Audience(count, child);
    for (const peer of FANOUT_PEERS) {
      progress(`fan-out: ${count} consumers of ${peer} join`);
      await audience.#join(peer);
    }
    return audience;
  }

  async #join(peer: FanoutPeerName): Promise<void> {
    const program = new URL("./server.ts", import.meta.url);
    const { child, first } = await Child.start<ServerOrder, ServerAnswer>(program, peer);
    this.#servers.set(peer, child);
    const { port, control } = first;
    const members = { readers: this.#count - WITNESSES, witnesses: WITNESSES };
    await this.#consumers.ask({ type: "join", peer, port, control, ...members });
  }

  async measure(plan: Plan, progress: (line: string) => void): Promise<Samples> {
    const samples = new Map(
      FANOUT_PEERS.map((peer) => [peer, { one: [] as Sample[], ten: [] as Sample[] }]),
    );
    for (const size of ["one", "ten"] as const) {
      for (const peer of FANOUT_PEERS) await this.#flood(peer, size, 2 * plan.flood); // warm
    }
    for (let round = 0; round < plan.rounds; round++) {
      progress(`fan-out: ${this.#count} consumers, round ${round + 1} of ${plan.rounds}`);
      for (const peer of turned(FANOUT_PEERS, round)) {
        for (const size of ["one", "ten"] as const) {
          const flood = await this.#flood(peer, size, plan.flood);
          const paced = await this.#pace(peer, size, plan.turns[size]);
          samples.get(peer)?.[size].push({ ...flood, ...paced });
        }
      }
    }
    return samples;
  }

  async #flood(
    peer: FanoutPeerName,
    size: Size,
    milliseconds: number,
  ): Promise<Pick<Sample, "perSecond" | "cpuPerMessage">> {
    const texts = SIZES[size];
    await this.#consumers.ask({ type: "count", peer, size: texts });
    const sent = await this.#order(peer, { type: "flood", size: texts, milliseconds });
    await this.#verify(peer, sent.turns * texts, sent, []);
    const messages = sent.turns * texts * this.#count;
    return {
      perSecond: (messages / sent.milliseconds) * 1000,
      cpuPerMessage: sent.cpu / messages,
    };
  }

  async #pace(
    peer: FanoutPeerName,
    size: Size,
    turns: number,
  ): Promise<Pick<Sample, "p50" | "p99" | "p999">> {
    const texts = SIZES[size];
    const interval = Math.max(SHORTEST_INTERVAL, (this.#count * texts * 1000) / RATE);
    await this.#consumers.ask({ type: "time", peer, texts: turns * texts });
    const sent = await this.#order(peer, { type: "pace", size: texts, turns, interval });
    const { p50, p99, p999 } = await this.#verify(peer, turns * texts, sent, sent.sent);
    return { p50, p99, p999 };
  }

  async #order(peer: FanoutPeerName, order: ServerOrder): Promise<ServerAnswer> {
    const server = this.#servers.get(peer);
    if (!server) throw new Error(`${peer} has no server`);
    return server.ask(order);
  }

  async #verify(
    peer: FanoutPeerName,
    texts: number,
    { digest }: ServerAnswer,
    sent: readonly number[],
  ): Promise<ConsumersAnswer> {
    const answer = await this.#consumers.ask({ type: "verify", peer, texts, digest, sent });
    if (answer.isWhole) return answer;
    throw new Error(`${peer}: not everything came, or something came twice, to ${this.#count}`);
  }

  end(): void {
    for (const child of [this.#consumers, ...this.#servers.values()]) child.end();
  }
}

/** The same in an order of the round's own. */
function turned<T>(list: readonly T[], round: number): T[] {
  const at = round % list.length;
  return [...list.slice(at), ...list.slice(0, at)];
}
