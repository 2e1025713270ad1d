import type { Clock } from "@deltawire/encoder";
import { DeltawireError, LIMITS } from "@deltawire/spec";
import { type Access, type Action, ANYBODY, type Credentials, type Principal } from "./access.js";
import { afterLong } from "./expiry.js";
import type { Meter, RateLimits } from "./rate-limit.js";

/** What an {@link Identity} needs of its server. */
export interface IdentityHost {
  readonly clock: Clock;
  /** Who may do what. @default everybody everything */
  readonly access?: Pick<Access, "authenticate" | "authorize" | "expiresIn">;
  /** How much everybody may use. @default no bound */
  readonly limits?: RateLimits;
}

/** Who a connection is, and for how long; what that one may do, and how much. */
export class Identity {
  readonly #host: IdentityHost;
  /** What the handshake has shown, for as long as somebody may ask for it. */
  #credentials: Credentials | undefined;
  readonly #onExpired: () => void;
  #principal: Principal | undefined;
  #meter: Meter | undefined;
  /** Channels to which it may send commands; asked once, since there may be one a keystroke. */
  #commandable: Set<string> | undefined;
  /** How often everything has been asked anew. */
  #round = 0;
  #cancelExpiry: (() => void) | undefined;

  /** @param credentials what the handshake has shown */
  constructor(host: IdentityHost, credentials: Credentials, onExpired: () => void) {
    this.#host = host;
    this.#credentials = credentials;
    this.#onExpired = onExpired;
  }

  get isKnown(): boolean {
    return this.#principal !== undefined;
  }

  get principal(): Principal {
    return this.#principal ?? ANYBODY;
  }

  /** What `welcome` and `authenticated` say. */
  get expires(): { readonly expires_in?: number } {
    const expiresIn = this.#host.access?.expiresIn(this.principal);
    return expiresIn === undefined ? {} : { expires_in: expiresIn };
  }

  /** Who shows a token, or what the handshake has shown. */
  ask(token: string | undefined): Principal | undefined | Promise<Principal | undefined> {
    const { access } = this.#host;
    const credentials = this.#credentials ?? { headers: new Headers() };
    return access
      ? access.authenticate(token === undefined ? credentials : { ...credentials, token })
      : ANYBODY;
  }

  /** It is known who it is. @throws DeltawireError `unauthorized`, `overloaded` */
  begin(principal: Principal | undefined): void {
    if (!principal) throw new DeltawireError("unauthorized", "connect with a token that is valid");
    const { limits } = this.#host;
    this.#meter = limits?.enter(principal);
    if (limits && !this.#meter) {
      throw new DeltawireError("overloaded", "too many connections of this client");
    }
    this.#become(principal);
  }

  /** It has shown another token. @throws DeltawireError `unauthorized`: the old one still counts */
  renew(principal: Principal | undefined): void {
    if (principal?.id !== this.principal.id) {
      const what = principal ? "this token is another client's" : "this token is not valid";
      throw new DeltawireError("unauthorized", `${what}; the one before counts until it expires`);
    }
    this.#become(principal);
  }

  #become(principal: Principal): void {
    this.#principal = principal;
    if (principal === ANYBODY) this.#credentials = undefined; // nobody is asked who that is
    this.#cancelExpiry?.();
    const { expires_in } = this.expires;
    this.#cancelExpiry =
      expires_in === undefined
        ? undefined
        : afterLong(this.#host.clock, expires_in, this.#onExpired);
  }

  /** Takes note of a message; false where they are too many, or too large. */
  spend(bytes: number): boolean {
    return !this.#meter || this.#meter.take(1, bytes, this.#host.clock.now()) === 0;
  }

  /** Its client uses one more channel. @throws DeltawireError `overloaded` */
  occupy(): void {
    const meter = this.#meter;
    if (!meter) return;
    if (meter.channels >= meter.maxChannels) {
      const what = `this client uses ${meter.maxChannels} channels, on all its connections; end some`;
      throw new DeltawireError("overloaded", what);
    }
    meter.channels += 1;
  }

  /** It uses one less. */
  vacate(): void {
    if (this.#meter) this.#meter.channels -= 1;
  }

  /** Whether it may do something; at once where that is known at once. */
  may(action: Action, channel: string): boolean | Promise<boolean> {
    if (action === "command" && this.#commandable?.has(channel)) return true;
    const { principal } = this;
    const answer = this.#host.access?.authorize({ principal, channel, action }) ?? true;
    const round = this.#round;
    const settle = (isGranted: boolean): boolean | Promise<boolean> => {
      // What was answered before everything was asked anew may be of another time.
      if (round !== this.#round) return this.may(action, channel);
      if (isGranted && action === "command") this.#remember(channel);
      return isGranted;
    };
    return answer instanceof Promise ? answer.then(settle) : settle(answer);
  }

  #remember(channel: string): void {
    if (!this.#commandable || this.#commandable.size >= LIMITS.max_channels) {
      this.#commandable = new Set();
    }
    this.#commandable.add(channel);
  }

  /** From now on everything is asked anew. */
  forgetAnswers(): void {
    this.#round += 1;
    this.#commandable = undefined;
  }

  /** The connection is gone. */
  end(): void {
    this.#cancelExpiry?.();
    if (this.#meter) this.#host.limits?.leave(this.principal, this.#meter, this.#host.clock.now());
    this.#meter = undefined;
  }
}
