import { randomOf } from "../faulty-proxy.js";
import { Deployment, type Parts } from "./deployment.js";
import { type FaultKind, faultOf } from "./fault.js";
import { Population, type Size } from "./population.js";
import { verdict } from "./verdict.js";

/** What became of a run: of one fault. Times are milliseconds since what was taken away was gone. */
export interface Result {
  readonly seed: number;
  readonly what: string;
  /** Until every consumer had something written afterwards. */
  readonly flowing?: number;
  /** Until everybody, and the store, had everything that was written. */
  readonly equal?: number;
  /** What is wrong; nothing, where all is well. */
  readonly problems: readonly string[];
}

/** Milliseconds within which it flows again. */
const PATIENCE = 90_000;

/** Runs after which other channels are used. */
const ERA = 10;

/** Servers, writers and readers that are there for one fault after the other. */
export class Runs {
  readonly #parts: Parts;
  readonly #kind: FaultKind;
  readonly #size: Size;
  #deployment: Deployment | undefined;
  #population: Population | undefined;
  #count = 0;

  constructor(parts: Parts, kind: FaultKind, size: Size) {
    this.#parts = parts;
    this.#kind = kind;
    this.#size = size;
  }

  /** Does what a seed says. Where that fails, the next run begins from nothing. */
  async run(seed: number): Promise<Result> {
    const result = await this.#run(seed).catch(failedWith(seed));
    if (result.problems.length > 0) await this.stop();
    return result;
  }

  async stop(): Promise<void> {
    await this.#population?.stop();
    await this.#deployment?.stop();
    this.#population = undefined;
    this.#deployment = undefined;
    this.#count = 0;
  }

  async #run(seed: number): Promise<Result> {
    const { deployment, population } = await this.#begin(seed);
    deployment.balancer.even();
    await population.write(`run-${seed}`);
    const before = await population.newer(Date.now(), PATIENCE);
    if (before.length > 0) return { seed, what: "before the fault", problems: before };
    const fault = faultOf(this.#kind, deployment, seed, randomOf(seed));
    const { what, at } = await fault.strike();
    try {
      const healed = fault.heal();
      healed.catch(() => undefined); // it is waited for below
      const late = await population.newer(at, PATIENCE);
      const flowing = Date.now() - at;
      await healed;
      const written = await within(PATIENCE, "the producers complete", population.finish());
      const problems = [...late, ...(await verdict(deployment, population, written))];
      return { seed, what, flowing, equal: Date.now() - at, problems };
    } catch (error) {
      return failedWith(seed, what)(error);
    }
  }

  async #begin(seed: number): Promise<{ deployment: Deployment; population: Population }> {
    const kind = this.#kind === "server" || this.#kind === "postgres" ? "redis" : this.#kind;
    const deployment = this.#deployment ?? (await Deployment.start(this.#parts, kind));
    this.#deployment = deployment;
    const population = this.#population ?? new Population(deployment.balancer.url, this.#size);
    this.#population = population;
    if (this.#count % ERA === 0) {
      deployment.hooks.clear();
      await population.move(`${this.#kind}-${seed}-${Date.now()}`);
    }
    this.#count += 1;
    return { deployment, population };
  }
}

const failedWith =
  (seed: number, what = "before the fault") =>
  (error: unknown): Result => ({ seed, what, problems: [String(error)] });

/** @throws Error by rejection where something takes too long */
function within<T>(ms: number, what: string, work: Promise<T>): Promise<T> {
  const late = new Promise<never>((_, reject) => {
    setTimeout(() => reject(new Error(`it did not come about that ${what}`)), ms).unref();
  });
  return Promise.race([work, late]);
}
