import { type Role, startRole } from "../demo/processes.js";
import type { ServerReport } from "./report.js";
import type { PageServerSettings } from "./server-role.js";

/** Deaths in a row, none of them asked for, after which the server is not started again. */
const MAX_DEATHS = 3;

/** Milliseconds for which a server has to live, to count as one that lives. */
const ALIVE = 5000;

/** The server's process, and what comes after its death: the same again, on the same folder. */
export class ServerProcess {
  readonly #settings: PageServerSettings;
  readonly #onLost: (error: Error) => void;
  #role: Role | undefined;
  #port = 0;
  #is: ServerReport["is"] = "down";
  #restarts = 0;
  #deaths = 0;
  #isClosed = false;
  #restarting: Promise<void> | undefined;

  /** @param onLost is told where it cannot be kept alive */
  constructor(settings: PageServerSettings, onLost: (error: Error) => void) {
    this.#settings = settings;
    this.#onLost = onLost;
  }

  /** Where it listens, or has listened last. */
  get port(): number {
    return this.#port;
  }

  get report(): ServerReport {
    return { is: this.#is, restarts: this.#restarts };
  }

  /** Resolves once it listens. @throws by rejection: Error where it does not come to that */
  async start(): Promise<void> {
    const role = startRole("page-server", this.#settings, () => undefined);
    this.#role = role;
    const startedAt = performance.now();
    void role.exited.then((code) => {
      if (this.#role !== role) return; // killed here
      this.#is = "down";
      this.#deaths = performance.now() - startedAt < ALIVE ? this.#deaths + 1 : 1;
      this.#died(code);
    });
    const { port } = await role.next("listening");
    this.#port = port;
    this.#is = "up";
  }

  #died(code: number): void {
    if (this.#isClosed || this.#restarting) return;
    if (this.#deaths > MAX_DEATHS) {
      this.#onLost(new Error(`the server has ended ${this.#deaths} times, with code ${code}`));
      return;
    }
    this.restart().catch(this.#onLost);
  }

  /**
   * Kills it, without a word before, and starts it again. Asked twice meanwhile, it does so once.
   *
   * @throws by rejection: Error where it does not come back
   */
  restart(): Promise<void> {
    this.#restarting ??= this.#restart().finally(() => {
      this.#restarting = undefined;
    });
    return this.#restarting;
  }

  async #restart(): Promise<void> {
    await this.#kill();
    if (this.#isClosed) return;
    this.#restarts += 1;
    await this.start();
  }

  async #kill(): Promise<void> {
    const role = this.#role;
    this.#role = undefined;
    this.#is = "down";
    role?.child.kill("SIGKILL");
    await role?.exited;
  }

  /** Kills it for good. */
  async close(): Promise<void> {
    this.#isClosed = true;
    await this.#kill();
  }
}
