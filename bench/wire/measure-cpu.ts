import type { CpuRow, Effort, Named } from "../results.js";
import { Rounds, type Sample } from "../statistics.js";
import type { Input, Peer } from "./peer.js";
import { Labour, type Stretch, stretchOf } from "./stretch.js";
import { windowsOf } from "./windows.js";

/** How often each peer's work is measured. */
interface Pains {
  readonly rounds: number;
  /** Nanoseconds of work before the first round: until then it is compiled. */
  readonly warmUp: number;
  /** Nanoseconds of each kind of work, after which windows are left out. */
  readonly atMost: number;
  /** Nanoseconds of a measurement: the work is done again until it has them. */
  readonly atLeast: number;
}

const PAINS: Readonly<Record<Effort, Pains>> = {
  smallest: { rounds: 1, warmUp: 0, atMost: 1e6, atLeast: 0 },
  quick: { rounds: 3, warmUp: 200e6, atMost: 30e6, atLeast: 10e6 },
  full: { rounds: 15, warmUp: 1e9, atMost: 400e6, atLeast: 20e6 },
};

/** One peer on one input. */
class Cell {
  readonly peer: Peer;
  readonly stretch: Stretch;
  /** Whether it works on a part of the input only. */
  readonly isPart: boolean;
  readonly #labour: Labour;

  constructor(peer: Peer, input: Input, stretch: Stretch) {
    this.peer = peer;
    this.stretch = stretch;
    this.isPart = stretch.windows.length < windowsOf(input, peer).length;
    this.#labour = new Labour(peer, input, stretch);
  }

  /** Nanoseconds of a window. */
  async measure(atLeast: number): Promise<Sample> {
    const { name } = this.peer;
    const sums = { encode: 0, relay: 0, apply: 0, read: 0 };
    let count = 0;
    do {
      const work = await this.#labour.run();
      for (const kind of KINDS) sums[kind] += work[kind];
      count += work.count;
    } while (sums.encode + sums.apply + sums.read < atLeast);
    return Object.fromEntries(KINDS.map((kind) => [`${name} ${kind}`, sums[kind] / count]));
  }

  row(rounds: Rounds): CpuRow {
    const { name } = this.peer;
    const [encode, relay, apply, read] = KINDS.map((kind) => rounds.of(`${name} ${kind}`));
    if (!encode || !apply || !read || !relay) throw new RangeError(`${name} was not measured`);
    return {
      ...{ encode, apply, read },
      ...(relay.median > 0 && { relay }),
      ...(this.isPart && { windows: this.stretch.windows.length }),
    };
  }
}

const KINDS = ["encode", "relay", "apply", "read"] as const;

/**
 * Processor time of each input by each peer that can carry it, in nanoseconds for a window: to
 * encode it, to apply it, and to apply and read it.
 */
export async function measureCpu(
  inputs: readonly Input[],
  peers: readonly Peer[],
  effort: Effort,
  progress?: (line: string) => void,
): Promise<Named<Named<CpuRow>>> {
  const { rounds, warmUp, atMost, atLeast } = PAINS[effort];
  const cpu: Record<string, Named<CpuRow>> = {};
  for (const input of inputs) {
    if (input.isRecorded) continue; // they are like the others, and many
    const cells: Cell[] = [];
    for (const peer of peers) {
      if (peer.unfit?.(input)) continue;
      const cell = new Cell(peer, input, await stretchOf(peer, input, atMost));
      if (warmUp > 0) await cell.measure(warmUp);
      cells.push(cell);
    }
    const measured = await Rounds.gather(
      rounds,
      0,
      cells.map((cell) => () => cell.measure(atLeast)),
    );
    cpu[input.name] = Object.fromEntries(cells.map((cell) => [cell.peer.name, cell.row(measured)]));
    progress?.(`cpu: ${input.name}`);
  }
  return cpu;
}
