import {
  type AuthenticateFrame,
  type Capability,
  CLOSE_CODES,
  DeltawireError,
  type HelloFrame,
  type WelcomeFrame,
} from "@deltawire/spec";
import type { Credentials, Principal } from "./access.js";
import { Identity, type IdentityHost } from "./identity.js";
import type { Line } from "./line.js";

/** Milliseconds that a client has for its `hello`. */
const HELLO_TIMEOUT = 10_000;

/** What {@link Authentication} needs of its session. */
export interface AuthenticationHost {
  readonly line: Line;
  /** Milliseconds of silence after which an end asks whether the other one is there. */
  readonly heartbeat: number | undefined;
  /** What an acknowledgement survives. @default "memory" */
  readonly durability?: WelcomeFrame["durability"] | undefined;
  /** What this server can do beyond the version, of what a client can. */
  capabilities(hello: HelloFrame): readonly Capability[];
  /** Says what failed, if it is to be said, and closes. */
  reject(error: DeltawireError | undefined, code: number): void;
}

/** How a connection says who its client is: `hello`, and `authenticate` before that expires. */
export class Authentication {
  readonly identity: Identity;
  readonly #host: AuthenticationHost;
  /** There until `hello` has come. */
  #cancelHello: (() => void) | undefined;
  #isGreeted = false;

  /** @param credentials what the handshake has shown */
  constructor(server: IdentityHost, host: AuthenticationHost, credentials: Credentials) {
    this.#host = host;
    this.identity = new Identity(server, credentials, () => {
      const error = new DeltawireError("unauthorized", "the token has expired; come with another");
      host.reject(error, CLOSE_CODES.unauthorized);
    });
    this.#cancelHello = server.clock.after(HELLO_TIMEOUT, () => {
      host.reject(undefined, CLOSE_CODES.hello_timeout);
    });
  }

  /** Whether `hello` has come. */
  get isGreeted(): boolean {
    return this.#isGreeted;
  }

  /** Takes note of a message; false for a client that sends too much. */
  spend(bytes: number): boolean {
    if (this.identity.spend(bytes)) return true;
    const error = new DeltawireError("overloaded", "too many frames, or bytes, a second");
    this.#host.reject(error, CLOSE_CODES.overloaded);
    return false;
  }

  /** Answers `hello`, or closes. @throws DeltawireError `unexpected_frame` */
  greet(hello: HelloFrame): undefined | Promise<void> {
    if (this.identity.isKnown) {
      throw new DeltawireError("unexpected_frame", "a second hello", { path: "/type" });
    }
    this.#isGreeted = true;
    this.#cancelHello?.();
    this.#cancelHello = undefined;
    const answer = this.identity.ask(hello.token);
    if (answer instanceof Promise) return answer.then((known) => this.#welcome(known, hello));
    this.#welcome(answer, hello);
    return undefined;
  }

  #welcome(principal: Principal | undefined, hello: HelloFrame): void {
    const { identity } = this;
    const { line, heartbeat } = this.#host;
    const capabilities = this.#host.capabilities(hello);
    if (line.isClosed) return;
    try {
      identity.begin(principal);
    } catch (error) {
      if (!(error instanceof DeltawireError)) throw error;
      const isTooMany = error.code === "overloaded";
      this.#host.reject(error, isTooMany ? CLOSE_CODES.overloaded : CLOSE_CODES.unauthorized);
      return;
    }
    line.send({
      type: "welcome",
      version: 1,
      durability: this.#host.durability ?? "memory",
      ...(heartbeat !== undefined && { heartbeat }),
      ...identity.expires,
      ...(capabilities.length > 0 && { capabilities }),
    });
    if (capabilities.includes("compact")) line.readCompact();
  }

  /** Takes another token. @throws by rejection: DeltawireError `unauthorized` */
  async renew({ token }: AuthenticateFrame): Promise<void> {
    const { identity } = this;
    const principal = await identity.ask(token);
    if (this.#host.line.isClosed) return;
    identity.renew(principal);
    this.#host.line.send({ type: "authenticated", ...identity.expires });
  }

  /** The connection is gone. */
  end(): void {
    this.#cancelHello?.();
    this.identity.end();
  }
}
