import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { platform } from "node:os";
import { fileURLToPath } from "node:url";

const ROOT = new URL("../../", import.meta.url);

/** A process of the benchmark: it carries out orders, one after the other, and answers each. */
export class Child<Order, Answer> {
  readonly #process: ChildProcess;

  private constructor(process: ChildProcess) {
    this.#process = process;
  }

  /**
   * Started, with what it has said first.
   *
   * @param module URL of its program: TypeScript, or a bundle
   * @throws Error where it ends instead
   */
  static async start<Order, Answer>(
    module: URL,
    ...args: readonly string[]
  ): Promise<{ child: Child<Order, Answer>; first: Answer }> {
    const isBundled = module.pathname.endsWith(".mjs");
    const started = fork(fileURLToPath(module), args, {
      cwd: fileURLToPath(ROOT),
      execArgv: [...(isBundled ? [] : ["--import", "tsx"]), "--expose-gc"],
    });
    const child = new Child<Order, Answer>(started);
    return { child, first: await child.#answer() };
  }

  /** @throws Error where it ends instead of an answer */
  async ask(order: Order & object): Promise<Answer> {
    this.#process.send(order);
    return this.#answer();
  }

  async #answer(): Promise<Answer> {
    const answered = new AbortController();
    const { signal } = answered;
    const events = ["message", "exit"].map((event) => once(this.#process, event, { signal }));
    for (const event of events) event.catch(() => undefined); // the other one came
    const [said] = await Promise.race(events);
    answered.abort();
    if (typeof said === "object" && said !== null) return said;
    throw new Error(`a process of the benchmark ended early, with ${said}`);
  }

  /**
   * Resident memory in bytes, as the operating system counts it: NaN where that is not Linux, which
   * tells it in `/proc`.
   */
  get resident(): number {
    return this.#memory("VmRSS");
  }

  /** The most that it was. */
  get peak(): number {
    return this.#memory("VmHWM");
  }

  #memory(what: string): number {
    if (platform() !== "linux") return Number.NaN;
    const status = readFileSync(`/proc/${this.#process.pid}/status`, "utf8");
    return 1024 * Number(new RegExp(`^${what}:\\s+(\\d+) kB`, "m").exec(status)?.[1]);
  }

  end(): void {
    this.#process.kill();
  }
}

/** In a child: carries out what it is told, and says `first` once it can. */
export function obey<Order>(first: object, carryOut: (order: Order) => Promise<object>): void {
  process.on("message", (order: Order) => {
    carryOut(order).then(
      (answer) => process.send?.(answer),
      (error: unknown) => {
        console.error(error);
        process.exit(1);
      },
    );
  });
  process.send?.(first);
}
