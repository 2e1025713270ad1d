import type { Logger } from "./logger.js";

/** What channels survive in. */
type Part = "log" | "store";

/** Whether log and store could be asked when they were asked last: what changes is said, once. */
export class Reachability {
  readonly #logger: Logger | undefined;
  readonly #unreachable = new Set<Part>();

  constructor(logger: Logger | undefined) {
    this.#logger = logger;
  }

  /** Those that could not be asked. */
  get unreachable(): Iterable<Part> {
    return this.#unreachable;
  }

  /** One of them was asked. @param error why it did not answer, if it did not */
  reached(part: Part, error: unknown): void {
    if ((error === undefined) !== this.#unreachable.has(part)) return;
    if (error === undefined) {
      this.#unreachable.delete(part);
      this.#logger?.info({}, `the ${part} is there again`);
      return;
    }
    this.#unreachable.add(part);
    const what = `the ${part} cannot be reached; what is written waits for it`;
    this.#logger?.warn({ err: error }, what);
    if (!this.#logger) process.emitWarning(`${what}: ${String(error)}`);
  }
}
