import { DeltawireError } from "@deltawire/spec";
import type { Principal } from "./access.js";

/** Milliseconds in which a ticket is good. */
export const TICKET_LIFETIME = 30_000;

/** Tickets that are out at a time: of one principal, whose oldest gives way, and in all. */
const MAX_PER_PRINCIPAL = 64;
const MAX_TICKETS = 65_536;

interface Ticket {
  readonly principal: Principal;
  readonly until: number;
}

/**
 * Stand-ins for a token where only a URL can be given, as with EventSource. One is good once, and
 * not for long: whoever reads it in a log comes too late. Time and randomness are handed in.
 */
export class Tickets {
  /** In the order in which they were issued, so in that in which they end. */
  readonly #tickets = new Map<string, Ticket>();
  readonly #byPrincipal = new Map<string, Set<string>>();

  /** How many are out. */
  get size(): number {
    return this.#tickets.size;
  }

  /**
   * Issues one.
   *
   * @param ticket a text that nobody guesses
   * @throws DeltawireError `overloaded` where too many are out
   */
  issue(ticket: string, principal: Principal, now: number): void {
    this.#forgetOld(now);
    const own = this.#byPrincipal.get(principal.id) ?? new Set();
    const [oldest] = own;
    if (own.size >= MAX_PER_PRINCIPAL && oldest !== undefined) this.#forget(oldest);
    if (this.#tickets.size >= MAX_TICKETS) {
      throw new DeltawireError("overloaded", "too many tickets are out; ask again in 30 s");
    }
    this.#tickets.set(ticket, { principal, until: now + TICKET_LIFETIME });
    this.#byPrincipal.set(principal.id, own.add(ticket));
  }

  /** Whose it is; undefined where it is none, was used, or has ended. */
  redeem(ticket: string, now: number): Principal | undefined {
    this.#forgetOld(now);
    return this.#forget(ticket);
  }

  #forgetOld(now: number): void {
    for (const [ticket, { until }] of this.#tickets) {
      if (until > now) return;
      this.#forget(ticket);
    }
  }

  #forget(ticket: string): Principal | undefined {
    const principal = this.#tickets.get(ticket)?.principal;
    if (!principal) return undefined;
    this.#tickets.delete(ticket);
    const own = this.#byPrincipal.get(principal.id);
    own?.delete(ticket);
    if (own?.size === 0) this.#byPrincipal.delete(principal.id);
    return principal;
  }
}
