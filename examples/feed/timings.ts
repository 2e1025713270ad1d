/** Measurements that are kept for the percentiles: the last ones. */
const KEPT = 1000;

/** How long feeds took, in milliseconds. */
export class Timings {
  readonly #first: number[] = [];
  readonly #complete: number[] = [];

  /** A feed begins to be made. */
  begin(): { first(): void; complete(): void } {
    const start = performance.now();
    let isFirst = true;
    return {
      first: () => {
        if (isFirst) keep(this.#first, performance.now() - start);
        isFirst = false;
      },
      complete: () => keep(this.#complete, performance.now() - start),
    };
  }

  /** Of feeds that were made here, not of those that were there: time to the first item, and to all. */
  toJSON(): object {
    return { first_item_ms: spread(this.#first), complete_ms: spread(this.#complete) };
  }
}

function keep(times: number[], time: number): void {
  times.push(time);
  if (times.length > KEPT) times.shift();
}

function spread(times: readonly number[]): object {
  const sorted = [...times].sort((a, b) => a - b);
  const at = (share: number): number =>
    Math.round((sorted[Math.ceil(share * sorted.length) - 1] ?? 0) * 10) / 10;
  return { count: sorted.length, p50: at(0.5), p95: at(0.95), max: at(1) };
}
