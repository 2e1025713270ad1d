import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

/** The packages run from their sources. */
const TSCONFIG = fileURLToPath(new URL("../../tsconfig.json", import.meta.url));

/** A process of the benchmark, which answers one order at a time. */
export class Worker<Order extends object, Answer extends object> {
  readonly #child: ChildProcess;

  private constructor(child: ChildProcess) {
    this.#child = child;
  }

  /** Starts a program of this folder; it says something once it is ready. */
  static async start<Order extends object, Answer extends object>(
    program: string,
    args: readonly string[] = [],
  ): Promise<readonly [Worker<Order, Answer>, Answer]> {
    const path = fileURLToPath(new URL(program, import.meta.url));
    const env = { ...process.env, TSX_TSCONFIG_PATH: TSCONFIG };
    const child = fork(path, args, { execArgv: ["--import", "tsx"], env });
    const worker = new Worker<Order, Answer>(child);
    return [worker, await worker.#answer()];
  }

  async ask(order: Order): Promise<Answer> {
    this.#child.send(order);
    return this.#answer();
  }

  async #answer(): Promise<Answer> {
    const done = new AbortController();
    const events = ["message", "exit"].map((name) => once(this.#child, name, done));
    const [said] = await Promise.race(events);
    for (const event of events) event.catch(() => undefined); // it is given up
    done.abort();
    // What the other end sends is typed there.
    if (typeof said === "object" && said !== null) return said as Answer;
    throw new Error(`a process of the benchmark ended early, with ${said}`);
  }

  /**
   * Resident memory in bytes, as the system counts it: now, and at most so far. Linux has it in a
   * file; elsewhere it is not a number.
   */
  get memory(): { readonly now: number; readonly most: number } {
    const of = (name: string, status: string) =>
      1024 * Number(new RegExp(`^${name}:\\s+(\\d+) kB`, "m").exec(status)?.[1]);
    try {
      const status = readFileSync(`/proc/${this.#child.pid}/status`, "utf8");
      return { now: of("VmRSS", status), most: of("VmHWM", status) };
    } catch {
      return { now: Number.NaN, most: Number.NaN };
    }
  }

  stop(): void {
    this.#child.kill();
  }
}
