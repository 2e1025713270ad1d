import { fork } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Job, Report } from "./worker.js";

/** Milliseconds that a job may take; what takes longer hangs. */
const MOST = 180_000;

/** The project's own sources. */
export const ROOT: string = fileURLToPath(new URL("..", import.meta.url));

/** A process that simulates, of the sources in a folder. */
export class Simulator {
  readonly #child: ReturnType<typeof fork>;
  #errors = "";

  constructor(root: string = ROOT) {
    this.#child = fork(join(root, "sim", "worker.ts"), {
      cwd: root,
      execArgv: ["--import", "tsx"],
      env: { ...process.env, TSX_TSCONFIG_PATH: join(root, "tsconfig.json") },
      stdio: ["ignore", "ignore", "pipe", "ipc"],
    });
    this.#child.stderr?.on("data", (data: Buffer) => {
      this.#errors += data.toString();
    });
  }

  /** Runs seeds; undefined where it takes so long that it must hang. @throws where it dies */
  async run(job: Job, most: number = MOST): Promise<Report | undefined> {
    const child = this.#child;
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<undefined>((resolve) => {
      timer = setTimeout(() => resolve(undefined), most);
    });
    const over = new AbortController();
    const { signal } = over;
    const died = once(child, "exit", { signal }).then(() => {
      throw new Error(`a simulator has died: ${this.#errors.slice(-2000)}`);
    });
    died.catch(() => undefined);
    const done = once(child, "message", { signal }).then(([report]) => report as Report); // a worker sends nothing else
    done.catch(() => undefined);
    child.send(job);
    try {
      return await Promise.race([done, late, died]);
    } finally {
      over.abort();
      clearTimeout(timer);
    }
  }

  stop(): void {
    this.#child.kill("SIGKILL");
  }
}
