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
  /** How long loaders took that did not fail. */
  readonly time: Distribution;
}

/** What a server does with channels that are made on demand, in numbers. */
export class DemandStatistics {
  readonly loads: Histogram = new Histogram(LOAD);
  #counts = zero();

  /** Somebody began to read one, or a loader came to nothing. */
  demanded(what: Demanded): void {
    this.#counts[what] += 1;
  }

  /** One was made. */
  made(milliseconds: number): void {
    this.loads.observe(milliseconds);
  }

  /** Counts from 0 again. */
  reset(): void {
    this.#counts = zero();
    this.loads.reset();
  }

  report(now: DemandGauges): DemandReport {
    return { ...now, ...this.#counts, time: this.loads.report() };
  }
}

const zero = (): Record<Demanded, number> => ({
  started: 0,
  shared: 0,
  from_memory: 0,
  failed: 0,
  aborted: 0,
});
