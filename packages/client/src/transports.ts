/** How to reach a server. */
export type Transport = "websocket" | "http";

/** WebSockets that could not be opened, after which HTTP is tried. */
const MAX_FAILURES = 2;

/** Chooses how each connection is made. */
export class Transports {
  readonly #choice: "auto" | Transport;
  #last: Transport | undefined;
  /** WebSockets that could not be opened; 0 for ever once one could. */
  #failures = 0;
  #isOpenable = false;

  constructor(choice: "auto" | Transport = "auto") {
    this.#choice = choice;
  }

  /** For the connection that is made now. */
  next(): Transport {
    if (this.#choice !== "auto") return this.#choice;
    if (this.#last === "websocket" && !this.#isOpenable) this.#failures += 1;
    // Where it is blocked now it need not be blocked the next time: each second attempt tries it.
    const isHttp = this.#last === "websocket" && this.#failures >= MAX_FAILURES;
    this.#last = isHttp ? "http" : "websocket";
    return this.#last;
  }

  /** The connection that was made last is open. */
  opened(): void {
    if (this.#last === "websocket") this.#isOpenable = true;
  }
}
