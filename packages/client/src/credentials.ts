import type { Clock } from "@deltawire/encoder";
import { CLOSE_CODES } from "@deltawire/spec";
import { failureOf } from "./connection.js";
import type { Loss } from "./reconnection.js";

/** A token, or what gives one. */
export type TokenSource = string | (() => string | Promise<string>) | undefined;

/** Part of a token's life after which another one is asked for. */
const RENEWAL = 0.8;

/** Milliseconds between two attempts to get another token, at least. */
const LEAST_WAIT = 1000;

/** Milliseconds that a timer can wait. */
const MAX_WAIT = 2 ** 31 - 1;

/** Proves who this client is: a token for each connection, and another one before it expires. */
export class Credentials {
  readonly #source: TokenSource;
  readonly #clock: Clock;
  #last: string | undefined;
  #refusal: { readonly token: string | undefined; readonly loss: Loss } | undefined;
  #cancel: (() => void) | undefined;

  constructor(source: TokenSource, clock: Clock) {
    this.#source = source;
    this.#clock = clock;
  }

  /** Gets a token for a new connection, or why there is none. A token that was refused is none. */
  get(give: (token: string | undefined) => void, fail: (loss: Loss) => void): void {
    const take = (token: string | undefined) => {
      this.#last = token;
      if (this.#refusal && this.#refusal.token === token) fail(this.#refusal.loss);
      else give(token);
    };
    if (typeof this.#source !== "function") take(this.#source);
    else ask(this.#source, take, (error) => fail(failureOf(error)));
  }

  /** How a connection ended; where its token was refused, another one may help. */
  judge(loss: Loss): Loss {
    if (loss.code !== CLOSE_CODES.unauthorized) return loss;
    const mayRenew = typeof this.#source === "function";
    const judged = { ...loss, mayRenew };
    this.#refusal = mayRenew ? { token: this.#last, loss: judged } : undefined;
    return judged;
  }

  /** A token that was refused may be good now. */
  forgive(): void {
    this.#refusal = undefined;
  }

  /** Hands over another token before the present one expires. @param expiresIn milliseconds */
  keep(expiresIn: number | undefined, renew: (token: string) => void): void {
    this.stop();
    const source = this.#source;
    if (expiresIn === undefined || expiresIn <= 0 || typeof source !== "function") return;
    const end = this.#clock.now() + expiresIn;
    const wait = Math.min(Math.max(expiresIn * RENEWAL, LEAST_WAIT), MAX_WAIT);
    this.#cancel = this.#clock.after(wait, () => {
      // Until the server says how long the next one is good, this one counts.
      this.keep(end - this.#clock.now(), renew);
      const present = this.#cancel;
      const take = (token: string) => {
        if (this.#cancel !== present) return; // the connection is another one now
        this.#last = token;
        renew(token);
      };
      ask(source, take, () => undefined);
    });
  }

  stop(): void {
    this.#cancel?.();
    this.#cancel = undefined;
  }
}

function ask(
  source: () => string | Promise<string>,
  take: (token: string) => void,
  fail: (error: unknown) => void,
): void {
  new Promise<string>((resolve) => resolve(source())).then(take, fail);
}
