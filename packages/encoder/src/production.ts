import type { DeltawireError, ProduceFrame, ProducingFrame, Refusal } from "@deltawire/spec";
import type { Clock } from "./clock.js";

/** Milliseconds before a producer asks again after a first failure; doubled with each, to a bound. */
const RETRY_DELAY = 1000;
const MAX_RETRY_DELAY = 30_000;

/** What a {@link Production} is of. */
export interface ProductionHost {
  readonly name: string;
  readonly clock: Clock;
  /** Absent where the log takes frames from the beginning. */
  ask?(frame: Omit<ProduceFrame, "producer" | "instance">): void;
  /** The last version that is known to be acknowledged. */
  readonly acknowledged: number;
  /** Whether something waits for the log. */
  readonly hasReason: boolean;
  /** The log takes no frames from now on. */
  suspend(): void;
  /** The log takes frames, from a version on; what it has refused before may be news. */
  resume(seq: number, forgotten: boolean, refused: readonly Refusal[]): void;
}

/** Where a producer is with its log. */
type Situation = "away" | "connected" | "asked" | "waiting" | "attached";

/** Attaching to a log, again and again: each time it goes on from what the log holds. */
export class Production {
  readonly #host: ProductionHost;
  #is: Situation;
  #epoch: string | undefined;
  #token: number | undefined;
  /** Whether it takes commands, and whether it has said so. */
  #commands = false;
  #stated = false;
  /** Failures since the log last took something. */
  #failures = 0;
  #cancelRetry: (() => void) | undefined;

  constructor(host: ProductionHost) {
    this.#host = host;
    this.#is = host.ask ? "away" : "attached";
  }

  get isAttached(): boolean {
    return this.#is === "attached";
  }

  /** There is a connection. */
  connected(): void {
    if (this.#is === "away") this.#is = "connected";
    this.want();
  }

  /** Asks, if there is something to write and nobody has asked. */
  want(): void {
    if (this.#is === "connected" && (this.#commands || this.#host.hasReason)) this.#ask();
  }

  acceptCommands(): void {
    this.#commands = true;
    if (this.#is === "attached" && !this.#stated) this.#ask();
    this.want();
  }

  /** Attaches anew: at once after a first failure, later and later after more. */
  again(error: DeltawireError): void {
    if (this.#is !== "attached") return;
    this.#failures += 1;
    const retry = error.group === "retry" ? 1 : 2;
    if (this.#failures < retry) this.#ask();
    else this.#askLater();
  }

  /** The log has taken something. */
  progressed(): void {
    this.#failures = 0;
  }

  /**
   * An error came before the answer.
   *
   * @returns whether there will be no answer, whatever is done
   */
  refused(error: DeltawireError): boolean {
    // Frames that were on their way may all begin where the log is not.
    if (error.group === "resync" || this.#is !== "asked") return false;
    if (error.group !== "retry") return true;
    this.#failures += 1;
    this.#askLater();
    return false;
  }

  #ask(): void {
    if (this.#is === "attached") this.#host.suspend();
    this.#cancelRetry?.();
    this.#is = "asked";
    this.#stated = this.#commands;
    const seq = this.#host.acknowledged;
    const token = this.#token === undefined ? {} : { token: this.#token, seq };
    const commands = this.#commands ? ({ commands: true } as const) : {};
    this.#host.ask?.({ type: "produce", channel: this.#host.name, ...token, ...commands });
  }

  #askLater(): void {
    this.#host.suspend();
    this.#is = "waiting";
    this.#cancelRetry?.();
    const delay = Math.min(MAX_RETRY_DELAY, RETRY_DELAY * 2 ** (this.#failures - 1));
    this.#cancelRetry = this.#host.clock.after(delay, () => this.#ask());
  }

  /** The answer. */
  attached({ epoch, seq, token, refused = [] }: ProducingFrame): void {
    if (this.#is !== "asked" && this.#is !== "waiting") return;
    this.#cancelRetry?.();
    const forgotten = this.#epoch !== undefined && this.#epoch !== epoch;
    this.#token = token;
    this.#is = "attached";
    this.#epoch = epoch;
    this.#host.resume(seq, forgotten, refused);
    if (this.#commands !== this.#stated) this.#ask();
  }

  /** The connection is gone. */
  detached(): void {
    this.#cancelRetry?.();
    this.#failures = 0;
    if (this.#is === "attached") this.#host.suspend();
    this.#is = "away";
  }
}
