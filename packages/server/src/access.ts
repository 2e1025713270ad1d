import type { Clock } from "@deltawire/encoder";

/** Milliseconds that `authenticate` and `authorize` have; after that the answer is no. */
const ACCESS_TIMEOUT = 10_000;

/** Who a client is. */
export interface Principal {
  /** The same for the same user: limits and commands are counted by it. */
  readonly id: string;
  /** An observer may subscribe and nothing else. @default "controller" */
  readonly role?: "controller" | "observer";
  /** Milliseconds since the Unix epoch until which this is so. @default for ever */
  readonly expiresAt?: number;
}

/** What a client shows of itself. */
export interface Credentials {
  /** From `hello` or `authenticate`, a bearer header, a subprotocol entry or a cookie. */
  readonly token?: string;
  /** Of the handshake or the request, cookies among them. */
  readonly headers: Headers;
  /** The peer of the connection, which may be a proxy. */
  readonly remoteAddress?: string;
}

/** What may be done with a channel. */
export type Action = "subscribe" | "produce" | "command";

/** Something that somebody wants to do. */
export interface AccessRequest {
  readonly principal: Principal;
  readonly channel: string;
  readonly action: Action;
}

/** Who a client is; undefined for nobody. One that throws lets nobody in. */
export type Authenticate = (
  credentials: Credentials,
) => Principal | undefined | Promise<Principal | undefined>;

/** Whether somebody may do something; asked again when a token is renewed. */
export type Authorize = (request: AccessRequest) => boolean | Promise<boolean>;

/** Whoever comes to a server that does not ask. */
export const ANYBODY: Principal = { id: "anybody" };

/** What {@link Access} is made of. */
export interface AccessOptions {
  readonly authenticate?: Authenticate | undefined;
  readonly authorize?: Authorize | undefined;
  readonly clock: Clock;
  /** Takes note of a check that threw, or did not answer. */
  readonly report: (defect: unknown) => void;
  /** Milliseconds since the Unix epoch. @default Date.now */
  readonly time?: () => number;
}

/**
 * The application's two checks. Whatever they do, an answer comes: one that throws, rejects, says
 * something else than asked for, or takes longer than {@link ACCESS_TIMEOUT} is a refusal, and is
 * reported. PROTOCOL.md, "Security".
 */
export class Access {
  readonly #authenticate: Authenticate | undefined;
  readonly #authorize: Authorize | undefined;
  readonly #clock: Clock;
  readonly #report: (defect: unknown) => void;
  readonly #time: () => number;

  constructor({ authenticate, authorize, clock, report, time = Date.now }: AccessOptions) {
    this.#authenticate = authenticate;
    this.#authorize = authorize;
    this.#clock = clock;
    this.#report = report;
    this.#time = time;
  }

  /** Whether anybody may come in: then only this machine should be able to. */
  get isOpen(): boolean {
    return this.#authenticate === undefined;
  }

  /** Who shows these credentials; undefined for nobody, or somebody whose time is over. */
  authenticate(credentials: Credentials): Principal | undefined | Promise<Principal | undefined> {
    const check = this.#authenticate;
    if (!check) return ANYBODY;
    const good = (principal: Principal | undefined) =>
      isPrincipal(principal) && (this.expiresIn(principal) ?? 1) > 0 ? principal : undefined;
    const answer = this.#ask("authenticate", () => check(credentials));
    return answer instanceof Promise ? answer.then(good) : good(answer);
  }

  /** Whether somebody may do something with a channel. */
  authorize(request: AccessRequest): boolean | Promise<boolean> {
    const { principal, action } = request;
    if (principal.role === "observer" && action !== "subscribe") return false;
    const check = this.#authorize;
    if (!check) return true;
    const answer = this.#ask("authorize", () => check(request));
    return answer instanceof Promise ? answer.then((yes) => yes === true) : answer === true;
  }

  /** Milliseconds until somebody has to prove anew who it is; absent for never. */
  expiresIn({ expiresAt }: Principal): number | undefined {
    if (expiresAt === undefined || expiresAt === Number.POSITIVE_INFINITY) return undefined;
    return Math.max(0, Math.ceil(expiresAt - this.#time()));
  }

  #ask<T>(name: string, check: () => T | Promise<T>): T | undefined | Promise<T | undefined> {
    try {
      const answer = check();
      return isPromise(answer) ? this.#inTime(name, answer) : answer;
    } catch (error) {
      this.#report(error);
      return undefined;
    }
  }

  #inTime<T>(name: string, answer: Promise<T>): Promise<T | undefined> {
    return new Promise((resolve) => {
      const cancel = this.#clock.after(ACCESS_TIMEOUT, () => {
        this.#report(new Error(`${name} did not answer within ${ACCESS_TIMEOUT} ms: refused`));
        resolve(undefined);
      });
      const settle = (value?: T) => {
        cancel();
        resolve(value);
      };
      answer.then(settle, (error: unknown) => {
        this.#report(error);
        settle();
      });
    });
  }
}

/** The checks are the application's, which may be plain JavaScript. */
function isPrincipal(value: Principal | undefined): value is Principal {
  const { id, role, expiresAt }: Partial<Principal> = Object(value);
  return (
    typeof id === "string" &&
    id !== "" &&
    (role === undefined || role === "controller" || role === "observer") &&
    (expiresAt === undefined || (typeof expiresAt === "number" && !Number.isNaN(expiresAt)))
  );
}

function isPromise<T>(value: T | Promise<T>): value is Promise<T> {
  return typeof Object(value).then === "function";
}
