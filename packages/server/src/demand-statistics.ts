import { type Distribution, Histogram } from "./histogram.js";

/** Bounds of buckets, in milliseconds. */
const LOAD = [10, 25, 50, 100, 200, 300, 500, 750, 1000, 2000, 3000, 5000, 10_000, 30_000];

/**
 * What became of somebody who began to read a channel that is made on demand: a loader was `started`,
 * one that ran was `shared`, or it was made and came `from_memory`; and of a loader: it has `failed`,
 * or was `aborted` since nobody read any more.
 */
export type Demanded = "started" | "shared" | "from_memory" | "failed" | "aborted";

/** Channels that are being made on demand now, and those that were and are in memory. */
export interface DemandGauges {
  readonly loading: number;
  readonly kept: number;
}

/** Channels that are made on demand. */
export interface DemandReport extends DemandGauges, Readonly<Record<Demanded, number>> {
  /** Of those who began to read, the share that no loader ran for; 0 while nobody did. */
  readonly reuse: number;
  /** How long loaders took to write a first message. */
  readonly first: Distribution;
  /** How long loaders took that did not fail. */
  readonly time: Distribution;
}

/** What a server does with channels that are made on demand, in numbers. */
export class DemandStatistics {
  readonly firsts: Histogram = new Histogram(LOAD);
  readonly loads: Histogram = new Histogram(LOAD);
  #counts = zero();

  /** Somebody began to read one, or a loader came to nothing. */
  demanded(what: Demanded): void {
    this.#counts[what] += 1;
  }

  /** A loader has written a first message. */
  begun(milliseconds: number): void {
    this.firsts.observe(milliseconds);
  }

  /** One was made. */
  made(milliseconds: number): void {
    this.loads.observe(milliseconds);
  }

  /** Counts from 0 again. */
  reset(): void {
    this.#counts = zero();
    this.firsts.reset();
    this.loads.reset();
  }

  report(now: DemandGauges): DemandReport {
    const { started, shared, from_memory } = this.#counts;
    const asked = started + shared + from_memory;
    const reuse = asked === 0 ? 0 : Math.round((1 - started / asked) * 100) / 100;
    const [first, time] = [this.firsts.report(), this.loads.report()];
    return { ...now, ...this.#counts, reuse, first, time };
  }
}

const zero = (): Record<Demanded, number> => ({
  started: 0,
  shared: 0,
  from_memory: 0,
  failed: 0,
  aborted: 0,
});
