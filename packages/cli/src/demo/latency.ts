/** Bucket b holds FLOOR * GROWTH^b up to the next: 1 % wide, from 1 µs to 28 hours. */
const FLOOR = 0.001;
const GROWTH = 1.01;
const BUCKETS = 2546;

/**
 * Percentiles of any number of latencies, in 20 KB: a histogram whose buckets grow by 1 %, which
 * is also how exact its answers are.
 */
export class Latencies {
  readonly #buckets = new Float64Array(BUCKETS);
  #count = 0;
  #max = 0;

  get count(): number {
    return this.#count;
  }

  /** The largest latency, exact. */
  get max(): number {
    return this.#max;
  }

  /**
   * @param milliseconds a negative latency (two processes' clocks differ a little) counts as 0
   * @throws RangeError if it is not a number
   */
  record(milliseconds: number): void {
    if (Number.isNaN(milliseconds))
      throw new RangeError("a latency must be a number of milliseconds");
    const bucket =
      milliseconds > FLOOR ? Math.floor(Math.log(milliseconds / FLOOR) / Math.log(GROWTH)) : 0;
    const index = Math.min(bucket, BUCKETS - 1);
    this.#buckets[index] = (this.#buckets[index] ?? 0) + 1;
    this.#count++;
    this.#max = Math.max(this.#max, milliseconds);
  }

  /**
   * The latency, in milliseconds, that a share of all was within; 0 if none was recorded.
   *
   * @param share from 0 to 1: 0.5 is the median
   */
  percentile(share: number): number {
    const rank = Math.max(1, Math.ceil(share * this.#count));
    let seen = 0;
    for (const [bucket, count] of this.#buckets.entries()) {
      seen += count;
      if (seen >= rank) return Math.min(this.#max, FLOOR * GROWTH ** (bucket + 1));
    }
    return 0;
  }
}
