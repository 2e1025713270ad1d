/** A median, and the quartiles around it. */
export interface Figure {
  readonly median: number;
  readonly low: number;
  readonly high: number;
}

/** The median and the quartiles of some measurements. */
export function figureOf(values: readonly number[]): Figure {
  const sorted = values.slice().sort((a, b) => a - b);
  const at = (share: number) => sorted[Math.round(share * (sorted.length - 1))] ?? Number.NaN;
  return { median: at(0.5), low: at(0.25), high: at(0.75) };
}

/**
 * Measurements of several things, each once in every round and in an order of its own: noise then
 * meets all of them alike, and so does what one leaves behind for the garbage collector.
 */
export class Rounds {
  readonly #series = new Map<string, number[]>();

  /** Runs rounds; those before `warmUp` are forgotten. */
  static run(rounds: number, warmUp: number, things: readonly (() => Sample)[]): Rounds {
    const measured = new Rounds();
    for (let round = 0; round < rounds + warmUp; round++) {
      for (const thing of shuffled(things)) {
        const sample = thing();
        if (round >= warmUp) measured.#add(sample);
      }
    }
    return measured;
  }

  /** The same where things take their time. */
  static async gather(
    rounds: number,
    warmUp: number,
    things: readonly (() => Promise<Sample>)[],
  ): Promise<Rounds> {
    const measured = new Rounds();
    for (let round = 0; round < rounds + warmUp; round++) {
      for (const thing of shuffled(things)) {
        const sample = await thing();
        if (round >= warmUp) measured.#add(sample);
      }
    }
    return measured;
  }

  #add(sample: Sample): void {
    for (const [name, value] of Object.entries(sample)) {
      const series = this.#series.get(name) ?? [];
      series.push(value);
      this.#series.set(name, series);
    }
  }

  /** What a thing took. */
  of(name: string): Figure {
    return figureOf(this.#series.get(name) ?? []);
  }

  /** What a thing took in each round. */
  series(name: string): readonly number[] {
    return this.#series.get(name) ?? [];
  }

  /** What a thing took, to what another one took in the same round. */
  ratio(name: string, base: string): Figure {
    const bases = this.#series.get(base) ?? [];
    const ratios = this.#series.get(name)?.map((value, i) => value / (bases[i] ?? Number.NaN));
    return figureOf(ratios ?? []);
  }
}

function shuffled<T>(list: readonly T[]): T[] {
  const keyed = list.map((item) => [Math.random(), item] as const);
  return keyed.sort(([a], [b]) => a - b).map(([, item]) => item);
}

/** What was measured at once, by name. */
export type Sample = Readonly<Record<string, number>>;

/** Nanoseconds that one of `count` steps takes. */
export function timed(count: number, step: (index: number) => void): number {
  const start = process.hrtime.bigint();
  for (let i = 0; i < count; i++) step(i);
  return Number(process.hrtime.bigint() - start) / count;
}

/** Where a series of measurements lies. */
export interface Quantiles {
  readonly mean: number;
  readonly p50: number;
  readonly p95: number;
  readonly p99: number;
  readonly max: number;
}

/** Where a series lies; each is the value that this share of it does not exceed. */
export function quantilesOf(values: readonly number[]): Quantiles {
  const sorted = values.slice().sort((a, b) => a - b);
  const at = (share: number) => sorted[Math.ceil(share * sorted.length) - 1] ?? Number.NaN;
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  return { mean, p50: at(0.5), p95: at(0.95), p99: at(0.99), max: at(1) };
}
