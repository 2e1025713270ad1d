import type { Clock } from "@deltawire/encoder";
import { DeltawireError } from "@deltawire/spec";
import type { Access, Action, Principal } from "./access.js";
import { credentialsOf } from "./credentials.js";
import { problem } from "./http-answer.js";
import type { RateLimits } from "./rate-limit.js";
import { TICKET_LIFETIME, Tickets } from "./tickets.js";

/** What a {@link HttpGuard} needs of its server. */
export interface GuardHost {
  readonly clock: Clock;
  readonly access: Access;
  readonly limits: RateLimits;
}

/** One who was let in, while a request of theirs lasts. */
export interface Visit {
  readonly principal: Principal;
  /** Takes note of what came. @throws DeltawireError `overloaded` where that is too much */
  readonly spend: (frames: number, bytes: number) => void;
  /** The answer is complete, or nobody waits for it any more. */
  readonly leave: () => void;
}

/** Who a request is of, what it may do, and how much. */
export class HttpGuard {
  readonly #host: GuardHost;
  readonly #tickets = new Tickets();
  /** How often everything has been asked anew. */
  #round = 0;

  constructor(host: GuardHost) {
    this.#host = host;
  }

  /** A stand-in for a token, for a URL. @throws DeltawireError `overloaded` */
  issueTicket(principal: Principal): { readonly ticket: string; readonly expires_in: number } {
    const random = crypto.getRandomValues(new Uint8Array(24));
    const ticket = Array.from(random, (byte) => byte.toString(16).padStart(2, "0")).join("");
    this.#tickets.issue(ticket, principal, this.#host.clock.now());
    return { ticket, expires_in: TICKET_LIFETIME };
  }

  /**
   * Who sent a request; by a ticket, where one is given.
   *
   * @throws by rejection: DeltawireError `unauthorized`
   */
  async whoIs(
    request: Request,
    ticket: string | undefined,
    remoteAddress: string | undefined,
  ): Promise<Principal> {
    const { access, clock } = this.#host;
    const principal =
      ticket === undefined
        ? await access.authenticate(credentialsOf(request.headers, remoteAddress))
        : this.#tickets.redeem(ticket, clock.now());
    if (!principal || this.#hasExpired(principal)) throw unauthorized();
    return principal;
  }

  /** @throws by rejection: DeltawireError `forbidden`, `unauthorized` where it has expired since */
  async require(principal: Principal, channel: string, actions: Iterable<Action>): Promise<void> {
    // What was answered before everything was asked anew may be of another time.
    for (let round: number | undefined; round !== this.#round; ) {
      round = this.#round;
      for (const action of actions) {
        if (await this.#host.access.authorize({ principal, channel, action })) continue;
        const what = `${action} is not allowed on this channel`;
        throw new DeltawireError("forbidden", what, { channel });
      }
    }
    if (this.#hasExpired(principal)) throw unauthorized();
  }

  #hasExpired(principal: Principal): boolean {
    return (this.#host.access.expiresIn(principal) ?? 1) <= 0;
  }

  /** Milliseconds that somebody may wait: not longer than they may be here. */
  patience(principal: Principal, wait: number): number {
    return Math.min(wait, this.#host.access.expiresIn(principal) ?? wait);
  }

  /** From now on everything is asked anew. */
  forgetAnswers(): void {
    this.#round += 1;
  }

  /**
   * Lets somebody in, and counts them until they leave, those of whom it is not known yet who they
   * are among them; refuses what is too much.
   */
  async admit(
    whoIs: () => Promise<Principal>,
    run: (visit: Visit) => Promise<Response>,
  ): Promise<Response> {
    const { limits } = this.#host;
    if (!limits.connect()) {
      const what = "the server has no room for another connection";
      return problem(new DeltawireError("overloaded", what));
    }
    let principal: Principal;
    try {
      principal = await whoIs();
    } catch (error) {
      limits.disconnect();
      throw error;
    }
    return this.#visit(principal, run);
  }

  async #visit(principal: Principal, run: (visit: Visit) => Promise<Response>): Promise<Response> {
    const { clock, limits } = this.#host;
    const meter = limits.enter(principal);
    let isHere = true;
    const leave = () => {
      if (!isHere) return;
      isHere = false;
      limits.disconnect();
      if (meter) limits.leave(principal, meter, clock.now());
    };
    let wait = 0;
    const spend = (frames: number, bytes: number) => {
      wait = meter?.take(frames, bytes, clock.now()) ?? 1000;
      if (wait === 0) return;
      const what = meter ? "frames, or bytes, a second" : "connections at a time";
      throw new DeltawireError("overloaded", `too many ${what} of this client`);
    };
    try {
      spend(1, 0);
      return await run({ principal, spend, leave });
    } catch (error) {
      leave();
      if (wait === 0 || !(error instanceof DeltawireError)) throw error;
      return problem(error, { status: 429, retryAfter: wait / 1000 });
    }
  }
}

const unauthorized = (): DeltawireError =>
  new DeltawireError("unauthorized", "no token that is valid; send one as Authorization: Bearer");
