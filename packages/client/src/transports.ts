/** How to reach a server. */
export type Transport = "websocket" | "http";

/** WebSockets that could not be opened, after which HTTP is tried. */
const MAX_FAILURES = 2;

/** Chooses how each connection is made. */
export class Transports {
  readonly #choice: "auto" | Transport;
  #last: Transport | undefined;
  #failures = 0;
  /** Whether a WebSocket ever was open. */
  #isOpenable = false;

  constructor(choice: "auto" | Transport = "auto") {
    this.#choice = choice;
  }

  /** For the connection that is made now. */
  next(): Transport {
    if (this.#choice !== "auto") return this.#choice;
    const isBlocked = this.#last === "websocket" && !this.#isOpenable;
    if (isBlocked) this.#failures += 1;
    // Where it is blocked now it need not be blocked the next time: each second attempt tries it.
    const isHttp = isBlocked && this.#failures >= MAX_FAILURES;
    this.#last = isHttp ? "http" : "websocket";
    return this.#last;
  }

  /** The connection that was made last is open. */
  opened(): void {
    if (this.#last === "websocket") this.#isOpenable = true;
  }
}
