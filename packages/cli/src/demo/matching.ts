import type { Mark } from "./ipc.js";
import { Latencies } from "./latency.js";

/**
 * Latency of text, from the editor's call to the consumer's state: each mark of the producer is
 * matched with the first one of the consumer that has at least as much text.
 */
export class LatencyMatching {
  readonly latencies: Latencies = new Latencies();
  #produced: Mark[] = [];
  #seen: Mark[] = [];

  produced(marks: readonly Mark[]): void {
    this.#produced.push(...marks);
    this.#match();
  }

  seen(marks: readonly Mark[]): void {
    this.#seen.push(...marks);
    this.#match();
  }

  #match(): void {
    const produced = this.#produced;
    let next = 0;
    let used = 0;
    for (const [units, at] of this.#seen) {
      // Marks of the producer may still be on their way: they come in batches.
      if (units > (produced.at(-1)?.[0] ?? 0)) break;
      used += 1;
      for (let mark = produced[next]; mark && mark[0] <= units; mark = produced[next]) {
        this.latencies.record(at - mark[1]);
        next += 1;
      }
    }
    this.#produced = produced.slice(next);
    this.#seen = this.#seen.slice(used);
    // The last mark stays known, so that nothing that repeats it waits for ever.
    const last = produced.at(-1);
    if (last && this.#produced.length === 0) this.#seen = this.#seen.filter(([u]) => u > last[0]);
  }
}
