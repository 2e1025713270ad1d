/** What a {@link Histogram} has seen, in milliseconds; quantiles are estimated from its buckets. */
export interface Distribution {
  readonly count: number;
  readonly mean: number;
  readonly p50: number;
  readonly p99: number;
  readonly max: number;
}

/** Counts durations in a few buckets: constant memory, and no allocation for each. */
export class Histogram {
  /** The upper bounds of the buckets but the last, in milliseconds. */
  readonly bounds: readonly number[];
  /** Durations of each bucket alone; the last one has no upper bound. */
  readonly counts: Float64Array;
  sum = 0;
  #max = 0;

  constructor(bounds: readonly number[]) {
    this.bounds = bounds;
    this.counts = new Float64Array(bounds.length + 1);
  }

  get count(): number {
    return this.counts.reduce((sum, count) => sum + count, 0);
  }

  observe(milliseconds: number): void {
    const { bounds } = this;
    let bucket = 0;
    while (bucket < bounds.length && milliseconds > (bounds[bucket] as number)) bucket += 1;
    (this.counts[bucket] as number) += 1;
    this.sum += milliseconds;
    if (milliseconds > this.#max) this.#max = milliseconds;
  }

  reset(): void {
    this.counts.fill(0);
    this.sum = 0;
    this.#max = 0;
  }

  report(): Distribution {
    const { count, sum } = this;
    return {
      count,
      mean: round(count === 0 ? 0 : sum / count),
      p50: round(this.#quantile(0.5 * count)),
      p99: round(this.#quantile(0.99 * count)),
      max: round(this.#max),
    };
  }

  /** Where the duration of a rank lies, as if those of a bucket were spread evenly over it. */
  #quantile(rank: number): number {
    let before = 0;
    for (const [bucket, count] of this.counts.entries()) {
      if (count > 0 && before + count >= rank) {
        const low = this.bounds[bucket - 1] ?? 0;
        const high = Math.min(this.bounds[bucket] ?? this.#max, this.#max);
        return low + ((high - low) * (rank - before)) / count;
      }
      before += count;
    }
    return 0;
  }
}

const round = (value: number): number => Math.round(value * 1000) / 1000;
